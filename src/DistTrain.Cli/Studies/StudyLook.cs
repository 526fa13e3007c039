using System.Text.Json.Serialization;
using DistTrain.Client;

namespace DistTrain.Cli.Studies;

/// <summary>How the loss is curved after a step of a cell, or how smooth it is along the step's gradient, as its <c>probe</c> tells.</summary>
/// <param name="Step">The step.</param>
/// <param name="Loss">Over the probe's examples, as all of it.</param>
/// <param name="Edge">2 over the step's rate.</param>
/// <param name="GradientNorm">Of the mean gradient; null: something is not finite, as the next two.</param>
/// <param name="LambdaMax">The largest eigenvalue.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="Positive">Share of the eigenvalues that are positive, the minimum ratio; null where not all are known, as the next.</param>
/// <param name="Negative">Share of those that are negative.</param>
/// <param name="Smoothness">Along the step's gradient; null of curvature, and where something is not finite.</param>
internal sealed record StudyLook(
    long Step,
    double Loss,
    double Edge,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? GradientNorm = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LambdaMax = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LambdaMin = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Positive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Negative = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SmoothnessMetrics? Smoothness = null)
{
    public static StudyLook Of(ProbeMetrics probe) =>
        new(probe.Step, probe.Loss, probe.Edge, probe.GradientNorm, probe.LambdaMax, probe.LambdaMin, probe.Positive, probe.Negative, probe.Smoothness);
}

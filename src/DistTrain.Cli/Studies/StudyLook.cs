using System.Text.Json.Serialization;
using DistTrain.Client;

namespace DistTrain.Cli.Studies;

/// <summary>How the loss is curved after a step of a cell, as its <c>probe</c> tells.</summary>
/// <param name="Step">The step.</param>
/// <param name="Loss">Over the probe's examples, as all of it.</param>
/// <param name="GradientNorm">Of the mean gradient; null: something is not finite, as the next two.</param>
/// <param name="LambdaMax">The largest eigenvalue.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="Edge">2 over the step's rate.</param>
/// <param name="Positive">Share of the eigenvalues that are positive, the minimum ratio; null where not all are known, as the next.</param>
/// <param name="Negative">Share of those that are negative.</param>
internal sealed record StudyLook(
    long Step,
    double Loss,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? GradientNorm,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LambdaMax,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LambdaMin,
    double Edge,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Positive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Negative = null)
{
    public static StudyLook Of(ProbeMetrics probe) =>
        new(probe.Step, probe.Loss, probe.GradientNorm, probe.LambdaMax, probe.LambdaMin, probe.Edge, probe.Positive, probe.Negative);
}

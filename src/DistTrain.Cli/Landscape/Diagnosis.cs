using System.Numerics;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Landscape;

namespace DistTrain.Cli.Landscape;

/// <summary>What a probe has found, as the closing event of <c>diagnose</c>.</summary>
internal static class Diagnosis
{
    public static DiagnosedEvent Of<T>(
        SavedModel saved, ProbeData data, string set, CurvaturePlan plan, ProbeResult<T> result, double seconds, string file)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (findings, objective) = (result.Findings, data.Objective);
        return new DiagnosedEvent(
            saved.Source,
            saved.Step,
            WeightsHash.Compute(saved.Layout, saved.Vector),
            set,
            result.Sums.Examples,
            objective.Mode == CurvatureMode.Training ? "training" : "evaluation",
            typeof(T) == typeof(double) ? "float64" : "float32",
            objective.Ranks,
            saved.Layout.ParameterCount,
            result.Loss,
            (double)result.Sums.Correct / result.Sums.Examples,
            findings.Point.GradientNorm,
            NameOf(findings.Point.Verdict),
            findings.Point.HasFlatDirections,
            findings.Point.Reason,
            findings.Point.GradientTolerance,
            findings.Point.CurvatureTolerance,
            findings.Point.Largest.Value,
            findings.Point.Smallest.Value,
            Eigenvalues(findings.Largest),
            Eigenvalues(findings.Smallest),
            Share(findings.Shares?.Positive),
            Share(findings.Shares?.Zero),
            Share(findings.Shares?.Negative),
            findings.Trace is { } trace ? new UncertainValue(trace.Value, trace.Error) : null,
            plan.Confidence,
            findings.IsComplete,
            Direction(result.Smallest),
            Direction(result.Largest),
            findings.Products,
            seconds,
            result.Sha256,
            file);
    }

    private static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.NotCritical => "not-critical",
        Verdict.Minimum => "minimum",
        Verdict.Saddle => "saddle",
        Verdict.Maximum => "maximum",
        Verdict.Plateau => "plateau",
        _ => "undecided",
    };

    private static IReadOnlyList<Eigenvalue> Eigenvalues(IReadOnlyList<RitzValue> values) => [.. values.Select(value => new Eigenvalue(value.Value, value.Residual))];

    private static EigenvalueShare? Share(ShareEstimate? share) =>
        share is { } known ? new EigenvalueShare(known.Estimate.Value, known.Estimate.Error, known.Low, known.High) : null;

    private static IReadOnlyList<DirectionShare> Direction(IReadOnlyList<(Segment Segment, double Share)> shares) =>
        [.. shares.OrderByDescending(pair => pair.Share).Select(pair => new DirectionShare(pair.Segment.Name, pair.Share))];
}

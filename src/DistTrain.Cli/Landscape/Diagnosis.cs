using System.Numerics;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Landscape;

namespace DistTrain.Cli.Landscape;

/// <summary>What a probe has found, as the closing event of <c>diagnose</c>.</summary>
internal static class Diagnosis
{
    /// <summary>One of this process.</summary>
    public static DiagnosedEvent Of<T>(
        SavedModel saved, ProbeData data, string set, CurvaturePlan plan, ProbeResult<T> result, double seconds, string file)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var looked = new Looked(
            saved.Source,
            saved.Step,
            WeightsHash.Compute(saved.Layout, saved.Vector),
            set,
            result.Sums.Examples,
            data.Objective.Mode == CurvatureMode.Training ? ProbeChoices.Training : ProbeChoices.Evaluation,
            typeof(T) == typeof(double) ? ProbeChoices.Float64 : ProbeChoices.Float32,
            data.Objective.Ranks,
            saved.Layout.ParameterCount,
            result.Loss,
            result.Sums.Correct,
            result.Smallest.Select(pair => new DirectionShare(pair.Segment.Name, pair.Share)),
            result.Largest.Select(pair => new DirectionShare(pair.Segment.Name, pair.Share)),
            result.Sha256)
        {
            TellsNumbers = data.Model.TellsNumbers,
            Sharpness = result.Sharpness,
        };
        return Of(looked, result.Findings, plan, seconds, file);
    }

    /// <summary>One of whoever has computed it.</summary>
    public static DiagnosedEvent Of(Looked looked, CurvatureFindings findings, CurvaturePlan plan, double seconds, string file) => new(
        looked.Source,
        looked.Step,
        looked.WeightsSha256,
        looked.Set,
        looked.Examples,
        looked.Mode,
        looked.Precision,
        looked.Ranks,
        looked.Parameters,
        looked.Loss,
        looked.TellsNumbers ? null : looked.Correct / looked.Examples,
        findings.Point.GradientNorm,
        findings.Point.Word,
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
        [.. looked.Smallest.OrderByDescending(share => share.Share)],
        [.. looked.Largest.OrderByDescending(share => share.Share)],
        findings.Products,
        seconds,
        looked.Sha256,
        file)
    {
        R2 = looked.TellsNumbers ? looked.Correct / looked.Examples : null,
        Sharpness = looked.Sharpness is { } boxes ? [.. boxes.Select(box => new RiseInBox(NameOf(box.Box), box.Radius, box.Value, box.Highest, box.Passes, box.IsAtCorner))] : null,
    };

    private static string NameOf(SharpnessBox box) => box switch
    {
        SharpnessBox.Full => "full",
        SharpnessBox.Subspace => "subspace",
        _ => "adaptive",
    };

    private static IReadOnlyList<Eigenvalue> Eigenvalues(IReadOnlyList<RitzValue> values) => [.. values.Select(value => new Eigenvalue(value.Value, value.Residual))];

    private static EigenvalueShare? Share(ShareEstimate? share) =>
        share is { } known ? new EigenvalueShare(known.Estimate.Value, known.Estimate.Error, known.Low, known.High) : null;
}

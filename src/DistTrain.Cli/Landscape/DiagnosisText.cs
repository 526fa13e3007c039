using System.Globalization;
using DistTrain.Cli.Display;
using DistTrain.Cli.Output;

namespace DistTrain.Cli.Landscape;

/// <summary>A diagnosis for people.</summary>
internal static class DiagnosisText
{
    /// <summary>Tensors of a direction that are named.</summary>
    private const int Tensors = 4;

    public static string Of(DiagnosedEvent found) => string.Join(Environment.NewLine, Lines(found));

    private static IEnumerable<string> Lines(DiagnosedEvent found)
    {
        yield return $"{found.Checkpoint}: {found.Reason}";
        yield return Text(
            $"  loss           {Figures.Number(found.Loss)}, {(found.R2 is { } squared ? $"R² {Figures.Number(squared)}" : $"accuracy {Figures.Share(found.Accuracy)}")} over {found.Examples:N0} examples of the {found.Data} set; {found.Mode} mode, {found.Precision}");
        yield return Text($"  gradient norm  {Figures.Number(found.GradientNorm)}; 0 is at most {Figures.Number(found.GradientTolerance)}");
        yield return $"  largest        {Eigenvalues(found.Largest)}";
        yield return $"  smallest       {Eigenvalues(found.Smallest)}; 0 is within ±{Figures.Number(found.CurvatureTolerance)}";
        if (found is { Positive: { } positive, Zero: { } zero, Negative: { } negative })
        {
            yield return Text($"  positive       {Share(positive)} of {found.Parameters:N0} eigenvalues (the minimum ratio){Doubts(positive, found)}");
            yield return $"  zero           {Share(zero)}";
            yield return $"  negative       {Share(negative)}";
        }

        if (found.Trace is { } trace)
            yield return $"  trace          {Figures.Number(trace.Value)}{(found.IsComplete ? "" : $" ± {Figures.Number(trace.Error)}")}";
        foreach (var box in found.Sharpness ?? [])
            yield return Text($"  {Box(box),-14} {Figures.Number(box.Sharpness)}: the loss rises to {Figures.Number(box.HighestLoss)} within {(box.Box == "adaptive" ? "ρ" : "ε")} = {Figures.Number(box.Radius)}{(box.IsAtCorner ? "" : "; more --passes may find more")}");
        yield return $"  smallest along {Direction(found.SmallestDirection)}";
        yield return $"  largest along  {Direction(found.LargestDirection)}";
        if (found.Escape is { } escape)
            yield return $"  escape         {Way(escape)}";
        if (found.Recoveries is > 0 and var recoveries)
        {
            yield return Text(
                $"  recovered      {recoveries} times; {found.RedoneProducts} products were taken again, and {found.LostSeconds:0.0} s went by beyond the median pace");
        }

        yield return Text($"  {found.Products} products in {found.Seconds:0.0} s; results {found.Sha256} in {found.File}");
    }

    private static string Box(RiseInBox box) => box.Box switch
    {
        "full" => "sharpness",
        "subspace" => "in a subspace",
        _ => "adaptive",
    };

    private static string Way(EscapeAttempt escape) => escape switch
    {
        { IsLower: true } => $"loss {Figures.Number(escape.LossBefore)} → {Figures.Number(escape.LossAfter)} by {Figures.Number(escape.Length)} along the smallest's direction; weights in {escape.File}",
        { Measurements: 0 } => "there is no direction of negative curvature to leave along; no weights were written",
        _ => "no step that was tried lowers the loss; no weights were written",
    };

    private static string Eigenvalues(IReadOnlyList<Eigenvalue> values) =>
        string.Join(", ", values.Select(value => $"{Figures.Number(value.Value)} (residual {Figures.Number(value.Residual)})"));

    /// <summary>Bar and bounds are two doubts; what neither rules out is one range.</summary>
    private static string Share(EigenvalueShare share) => share.Error == 0 && share.Low == share.High
        ? Percent(share.Value)
        : $"{Percent(share.Value)}, not ruled out {Percent(Math.Max(0, share.Low - share.Error))} to {Percent(Math.Min(1, share.High + share.Error))}";

    /// <summary>Of a million eigenvalues a hundred count: near 0 and 1 two more digits.</summary>
    private static string Percent(double share) =>
        share is > 0.001 and < 0.999 ? Figures.Share(share) : string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.####} %");

    private static string Doubts(EigenvalueShare share, DiagnosedEvent found) => found.IsComplete
        ? "; all are known"
        : share.Error > share.High - share.Low
            ? Text($"; more --directions tell better ({found.Confidence:P0} of them lie in the range)")
            : "; more --direction-steps tell better";

    private static string Direction(IReadOnlyList<DirectionShare> shares)
    {
        var named = shares.Take(Tensors).Where(share => share.Share >= 0.01).Select(share => $"{share.Tensor} {Figures.Share(share.Share)}");
        return string.Join(", ", named);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

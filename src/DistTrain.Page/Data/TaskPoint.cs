using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>How well examples are told; what their task does not tell is null.</summary>
/// <param name="Accuracy">Share of them, 0..1; null of regression.</param>
/// <param name="R2">1 − Σe²/Σ(y − ȳ)², of regression.</param>
/// <param name="Mae">Mean |e|, of regression.</param>
/// <param name="TopAccuracy">Share whose class is among the topK highest scores.</param>
internal readonly record struct TaskPoint(double? Accuracy, double? R2, double? Mae, double? TopAccuracy)
{
    public static TaskPoint Of(double accuracy, Measures? measures) => new(
        measures is { HasRSquared: true } ? null : accuracy,
        measures is { HasRSquared: true } ? measures.RSquared : null,
        measures is { HasAbsoluteError: true } ? measures.AbsoluteError : null,
        measures is { HasTopAccuracy: true } ? measures.TopAccuracy : null);
}

using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>How well examples are told, in words: by the accuracy, of regression by R².</summary>
internal static class TaskText
{
    /// <summary>What it is called.</summary>
    public static string Name(Measures? measures) => measures?.RSquared is null ? "accuracy" : "R²";

    /// <summary>E.g. "98.00 %", or "0.913".</summary>
    public static string Value(double? accuracy, Measures? measures) => measures?.RSquared is { } squared ? Figures.Number(squared) : Figures.Share(accuracy);

    /// <summary>E.g. "accuracy 98.00 %, top k 99.90 %", or "R² 0.913, mean error 0.21".</summary>
    public static string All(double accuracy, Measures? measures) => $"{Name(measures)} {Value(accuracy, measures)}{Beside(measures)}";

    /// <summary>What is told beside it, with a comma before; empty: nothing.</summary>
    public static string Beside(Measures? measures) =>
        measures?.MeanAbsoluteError is { } error ? $", mean error {Figures.Number(error)}"
        : measures?.TopAccuracy is { } top ? $", top k {Figures.Share(top)}" : "";
}

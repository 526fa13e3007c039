namespace DistTrain.Optimization.Landscape;

/// <summary>A mean over random directions, and how far it may be off.</summary>
/// <param name="Value">The mean.</param>
/// <param name="Error">Half the width of its error bar at the stated confidence, by Student's t; infinite for one value.</param>
public readonly record struct Estimate(double Value, double Error)
{
    /// <param name="values">One of each direction.</param>
    /// <param name="confidence">How often the bar covers the truth, e.g. 0.95.</param>
    public static Estimate Of(IReadOnlyList<double> values, double confidence)
    {
        var mean = values.Sum() / values.Count;
        if (values.Count == 1)
            return new Estimate(mean, double.PositiveInfinity);
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new Estimate(mean, StudentT.Quantile(confidence, values.Count - 1) * Math.Sqrt(variance / values.Count));
    }
}

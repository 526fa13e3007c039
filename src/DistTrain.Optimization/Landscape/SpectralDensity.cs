namespace DistTrain.Optimization.Landscape;

/// <summary>The density of eigenvalues, each broadened to a normal distribution (Ghorbani, Krishnan and Xiao 2019, 1901.10159); its integral is 1.</summary>
public static class SpectralDensity
{
    /// <param name="nodes">Eigenvalues and their shares, which add up to 1: the nodes of a quadrature, their weights divided by the number of directions.</param>
    /// <param name="points">Where it is wanted.</param>
    /// <param name="width">Deviation of the broadening.</param>
    public static double[] Of(IReadOnlyList<(double Value, double Share)> nodes, IReadOnlyList<double> points, double width) =>
        [.. points.Select(point => nodes.Sum(node => node.Share * Normal((point - node.Value) / width)) * Height(width))];

    /// <summary>The height of an eigenvalue of share 1.</summary>
    /// <param name="width">Deviation of the broadening.</param>
    public static double Height(double width) => 1 / (width * Math.Sqrt(2 * Math.PI));

    private static double Normal(double deviations) => Math.Exp(-deviations * deviations / 2);
}

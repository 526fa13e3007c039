using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

/// <summary>Exact Hessians of <c>hessian.json</c>, and symmetric matrices of a known spectrum, as products in a layout's space.</summary>
internal static class HessianReference
{
    private static readonly JsonElement File = Vectors.Read("hessian.json").RootElement;

    /// <summary>The tanh net of the vectors: W1[5,4], b1[5], W2[3,5], b2[3]; five buckets.</summary>
    public static ParameterLayout Net { get; } = LayoutOf([5, 4], [5], [3, 5], [3]);

    /// <summary>The lecture's two weights.</summary>
    public static ParameterLayout Toy { get; } = LayoutOf([1], [1]);

    public static DenseMatrix AtRandom { get; } = new(Net, Numbers(File.GetProperty("at_random").GetProperty("hessian")));

    public static JsonElement At(string point) => File.GetProperty(point);

    public static IEnumerable<JsonElement> Toys => File.GetProperty("toy_w1w2").EnumerateArray();

    public static double[] Numbers(JsonElement array) => array.GetProperty("data").Numbers();

    public static ParameterLayout LayoutOf(params int[][] shapes) => ParameterLayout.Of(
        shapes.Select((shape, i) => new Segment($"w{i}", SegmentKind.Weight, shape, Offset: 0, Initialization.Zero)), bucketLength: 16);

    /// <summary>A matrix of these eigenvalues in a basis that no axis is special in: (I − 2uuᵀ) Λ (I − 2uuᵀ), u by a fixed formula.</summary>
    public static DenseMatrix WithSpectrum(ParameterLayout layout, double[] eigenvalues)
    {
        var n = eigenvalues.Length;
        double[] u = [.. Enumerable.Range(0, n).Select(i => Math.Sin(1 + (i * i * 0.7)))];
        var square = u.Sum(x => x * x);
        double Reflection(int i, int j) => (i == j ? 1 : 0) - (2 * u[i] * u[j] / square);
        var matrix = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
                matrix[(i * n) + j] = matrix[(j * n) + i] = Enumerable.Range(0, n).Sum(k => Reflection(i, k) * eigenvalues[k] * Reflection(k, j));
        }

        return new DenseMatrix(layout, matrix);
    }
}

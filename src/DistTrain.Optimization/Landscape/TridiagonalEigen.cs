namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric tridiagonal matrix, by the implicit QL algorithm with Wilkinson's shift (Dubrulle, Martin and
/// Wilkinson 1968; EISPACK's imtql2). O(m³) for m rows, in float64, of plain operations in a fixed order: the same bits everywhere.
/// </summary>
public sealed class TridiagonalEigen
{
    /// <summary>Three a value are usual.</summary>
    private const int MostIterations = 60;

    private const double Rounding = 2.220446049250313e-16;

    private readonly double[][] _vectors;

    private TridiagonalEigen(double[] values, double[][] vectors) => (Values, _vectors) = (values, vectors);

    /// <summary>Ascending.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>The eigenvector of <see cref="Values"/>[index], of norm 1, [m].</summary>
    public ReadOnlySpan<double> Vector(int index) => _vectors[index];

    /// <param name="diagonal">[m]</param>
    /// <param name="beside">At least m − 1; element i couples rows i and i + 1.</param>
    /// <exception cref="ArithmeticException">An element is NaN or infinite.</exception>
    public static TridiagonalEigen Of(IReadOnlyList<double> diagonal, IReadOnlyList<double> beside)
    {
        var size = diagonal.Count;
        double[] d = [.. diagonal];
        double[] e = [.. beside.Take(Math.Max(0, size - 1)), 0];
        if (!d.Concat(e).All(double.IsFinite))
            throw new ArithmeticException("the tridiagonal matrix has NaN or infinity");
        // Row i is the eigenvector of d[i] in the end.
        var z = new double[size][];
        for (var i = 0; i < size; i++)
            (z[i] = new double[size])[i] = 1;
        for (var low = 0; low < size; low++)
        {
            var iterations = 0;
            for (var high = FirstSplit(d, e, low); high > low; high = FirstSplit(d, e, low))
            {
                if (++iterations > MostIterations)
                    throw new ArithmeticException($"eigenvalue {low} of {size} has not converged in {MostIterations} iterations");
                Sweep(d, e, z, low, high);
            }
        }

        Array.Sort((double[])d.Clone(), z);
        Array.Sort(d);
        return new TridiagonalEigen(d, z);
    }

    /// <summary>The first row from <paramref name="low"/> on that nothing couples to the next.</summary>
    private static int FirstSplit(double[] d, double[] e, int low)
    {
        var row = low;
        while (row < d.Length - 1 && Math.Abs(e[row]) > Rounding * (Math.Abs(d[row]) + Math.Abs(d[row + 1])))
            row++;
        return row;
    }

    /// <summary>One QL step of rows low..high: plane rotations from the bottom up chase the shift's bulge out.</summary>
    private static void Sweep(double[] d, double[] e, double[][] z, int low, int high)
    {
        var half = (d[low + 1] - d[low]) / (2 * e[low]);
        var g = d[high] - d[low] + (e[low] / (half + Math.CopySign(Hypotenuse(half, 1), half)));
        var (sine, cosine, p) = (1.0, 1.0, 0.0);
        for (var i = high - 1; i >= low; i--)
        {
            var (f, b) = (sine * e[i], cosine * e[i]);
            var r = Hypotenuse(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                // The matrix splits here: the next sweep starts from the smaller one.
                d[i + 1] -= p;
                e[high] = 0;
                return;
            }

            (sine, cosine) = (f / r, g / r);
            g = d[i + 1] - p;
            r = ((d[i] - g) * sine) + (2 * cosine * b);
            p = sine * r;
            d[i + 1] = g + p;
            g = (cosine * r) - b;
            Rotate(z[i], z[i + 1], sine, cosine);
        }

        d[low] -= p;
        e[low] = g;
        e[high] = 0;
    }

    private static void Rotate(double[] left, double[] right, double sine, double cosine)
    {
        for (var k = 0; k < left.Length; k++)
            (left[k], right[k]) = ((cosine * left[k]) - (sine * right[k]), (sine * left[k]) + (cosine * right[k]));
    }

    /// <summary>sqrt(a² + b²) without overflow.</summary>
    private static double Hypotenuse(double a, double b)
    {
        var (large, small) = (Math.Max(Math.Abs(a), Math.Abs(b)), Math.Min(Math.Abs(a), Math.Abs(b)));
        return large == 0 ? 0 : large * Math.Sqrt(1 + (small / large * (small / large)));
    }
}

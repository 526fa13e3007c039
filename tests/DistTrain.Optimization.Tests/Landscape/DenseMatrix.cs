using System.Numerics;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

/// <summary>A symmetric matrix over a layout's trainable parameters.</summary>
/// <param name="Layout">Where parameter i lies in the flat vector.</param>
/// <param name="Elements">[n, n], row-major.</param>
internal sealed record DenseMatrix(ParameterLayout Layout, double[] Elements)
{
    /// <summary>Flat index of each parameter.</summary>
    private readonly int[] _places = [.. Layout.Segments.SelectMany(segment => Enumerable.Range(segment.Offset, segment.Length))];

    public T[] Times<T>(ReadOnlySpan<T> flat)
        where T : unmanaged, INumberBase<T>
    {
        var n = _places.Length;
        double[] x = new double[n];
        for (var i = 0; i < n; i++)
            x[i] = double.CreateChecked(flat[_places[i]]);
        var product = new T[flat.Length];
        for (var i = 0; i < n; i++)
            product[_places[i]] = T.CreateTruncating(Enumerable.Range(0, n).Sum(j => Elements[(i * n) + j] * x[j]));
        return product;
    }

    /// <summary>A recursion in one process, until its subspace is invariant or so many products are taken in.</summary>
    public Lanczos<T> Recursion<T>(long seed, int probe = 0, int steps = int.MaxValue, ProbeDirectionKind kind = ProbeDirectionKind.Rademacher)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var part = new VectorPart(Layout, ..);
        var lanczos = new Lanczos<T>(part, BucketOrder.Add);
        Assert.True(lanczos.Begin(Direction<T>(part, seed, probe, 0, kind)));
        while (lanczos.Steps < steps && lanczos.Take(Times(lanczos.Next!.Value.Span)))
        {
        }

        return lanczos;
    }

    /// <summary>All eigenvalues, as often as they occur.</summary>
    public Lanczos<T> Whole<T>(long seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var lanczos = Recursion<T>(seed);
        for (var restart = 1; !lanczos.IsComplete; restart++)
        {
            Assert.True(lanczos.Begin(Direction<T>(new VectorPart(Layout, ..), seed, 0, restart, ProbeDirectionKind.Gauss)));
            while (lanczos.Take(Times(lanczos.Next!.Value.Span)))
            {
            }
        }

        return lanczos;
    }

    public static T[] Direction<T>(VectorPart part, long seed, int probe, int restart = 0, ProbeDirectionKind kind = ProbeDirectionKind.Rademacher)
        where T : unmanaged, INumberBase<T>
    {
        var direction = new T[part.Length];
        ProbeDirection.Fill<T>(part, kind, seed, probe, restart, direction);
        return direction;
    }
}

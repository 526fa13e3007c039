using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// The Lanczos recursion of a symmetric matrix H that is known by its products only, with full re-orthogonalization (Lanczos 1950; Golub and Van
/// Loan, "Matrix computations", section 10.3.4; twice is enough: Giraud et al. 2005):
/// <code>
/// w ← H vⱼ
/// twice: w ← w − Σᵢ (vᵢ·w) vᵢ, i = 0..j        αⱼ = vⱼ·w of both times
/// βⱼ = ‖w‖        vⱼ₊₁ = w / βⱼ
/// </code>
/// Products, basis and directions are float32 or float64; w, dot products, α and β are float64. One product goes in at a time, and
/// <see cref="State"/> is all there is in between, so it runs where the products are summed and survives a crash. A part of the vector is enough: what
/// is global are sums over buckets. βⱼ within rounding of 0 means that the vectors span an invariant subspace: they hold every eigenvalue that
/// the first of them touches, one time each. <see cref="Begin"/> with another direction goes on outside of it.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Lanczos<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly VectorPart _part;
    private readonly BucketTotals _totals;
    private readonly double[] _work;
    private readonly List<Memory<T>> _basis = [];
    private readonly List<double> _alphas = [];
    private readonly List<double> _betas = [];
    private readonly long _dimension;

    /// <param name="part">The elements that are here.</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    /// <param name="from">Where to go on; null: nothing has happened yet.</param>
    public Lanczos(VectorPart part, BucketTotals totals, LanczosState<T>? from = null)
    {
        (_part, _totals, _work) = (part, totals, new double[part.Length]);
        _dimension = part.Layout.ParameterCount;
        if (from is null)
            return;
        _basis.AddRange(from.Basis);
        _alphas.AddRange(from.Alphas);
        _betas.AddRange(from.Betas);
    }

    /// <summary>What to save: a view, valid until the next call.</summary>
    public LanczosState<T> State => new(_basis, _alphas, _betas);

    /// <summary>Products taken in.</summary>
    public int Steps => _alphas.Count;

    /// <summary>The vector whose product is awaited, [part.Length]; null: <see cref="Begin"/> first.</summary>
    // Without the cast null would become an empty memory.
    public ReadOnlyMemory<T>? Next => _basis.Count > _alphas.Count ? (ReadOnlyMemory<T>?)_basis[^1] : null;

    /// <summary>True when the basis spans the whole space: its Ritz values are all eigenvalues, as often as they occur.</summary>
    public bool IsComplete => _alphas.Count == _dimension;

    /// <summary>Starts, or goes on outside of an invariant subspace, along what of a direction is not in the basis.</summary>
    /// <param name="direction">[part.Length], of any length.</param>
    /// <returns>False: nothing is left of it but rounding.</returns>
    /// <exception cref="InvalidOperationException">A product is awaited.</exception>
    public bool Begin(ReadOnlySpan<T> direction)
    {
        if (Next is not null)
            throw new InvalidOperationException("a product is awaited");
        Widen(direction);
        var before = Norm();
        Orthogonalize();
        Orthogonalize();
        var norm = Norm();
        if (!(norm > Rounding * before))
            return false;
        Append(norm);
        return true;
    }

    /// <summary>Takes the product of <see cref="Next"/> in.</summary>
    /// <param name="product">H·Next, [part.Length].</param>
    /// <returns>True: there is a next vector. False: the basis spans an invariant subspace.</returns>
    /// <exception cref="InvalidOperationException">None is awaited.</exception>
    /// <exception cref="ArithmeticException">The product has NaN or infinity.</exception>
    public bool Take(ReadOnlySpan<T> product)
    {
        if (Next is null)
            throw new InvalidOperationException("no product is awaited");
        Widen(product);
        var alpha = Orthogonalize();
        alpha += Orthogonalize();
        var beta = Norm();
        if (!double.IsFinite(alpha) || !double.IsFinite(beta))
            throw new ArithmeticException("a Hessian-vector product has NaN or infinity");
        _alphas.Add(alpha);
        var scale = _alphas.Zip(_betas.Append(0), (a, b) => Math.Abs(a) + b).Max();
        var goesOn = beta > Rounding * scale && !IsComplete;
        _betas.Add(goesOn ? beta : 0);
        if (goesOn)
            Append(beta);
        return goesOn;
    }

    /// <summary>Σᵢ coefficientᵢ·vᵢ: a Ritz vector from an eigenvector of the tridiagonal matrix.</summary>
    /// <param name="coefficients">At most one a vector of the basis.</param>
    /// <param name="target">[part.Length]</param>
    public void Combine(ReadOnlySpan<double> coefficients, Span<T> target)
    {
        Array.Clear(_work);
        for (var i = 0; i < coefficients.Length; i++)
            Projection.Subtract<T>(_work, -coefficients[i], _basis[i].Span);
        Narrow(1, target);
    }

    /// <summary>What rounding leaves of a vector that is 0 in exact arithmetic, as a share of what it was.</summary>
    private double Rounding => 8 * Math.Sqrt(_dimension) * double.CreateChecked(T.BitIncrement(T.One) - T.One);

    /// <summary>Takes away what of w lies in the basis.</summary>
    /// <returns>How much lay along the last vector.</returns>
    private double Orthogonalize()
    {
        if (_basis.Count == 0)
            return 0;
        var along = Sums(_basis.Count, (range, i) => Projection.Dot<T>(_basis[i].Span[range], _work.AsSpan(range)));
        for (var i = 0; i < along.Length; i++)
            Projection.Subtract<T>(_work, along[i], _basis[i].Span);
        return along[^1];
    }

    private double Norm() => Math.Sqrt(Sums(1, (range, _) => Projection.Dot<double>(_work.AsSpan(range), _work.AsSpan(range)))[0]);

    private double[] Sums(int quantities, Func<Range, int, double> partial)
    {
        var partials = new double[_part.Buckets.Count * quantities];
        for (var bucket = 0; bucket < _part.Buckets.Count; bucket++)
        {
            for (var i = 0; i < quantities; i++)
                partials[(bucket * quantities) + i] = partial(_part.Of(bucket), i);
        }

        return _totals(partials, quantities);
    }

    private void Widen(ReadOnlySpan<T> values)
    {
        for (var i = 0; i < values.Length; i++)
            _work[i] = double.CreateChecked(values[i]);
    }

    private void Narrow(double divisor, Span<T> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = T.CreateTruncating(_work[i] / divisor);
    }

    private void Append(double norm)
    {
        var next = AlignedVector.Allocate<T>(_part.Length);
        Narrow(norm, next.Span);
        _basis.Add(next);
    }
}

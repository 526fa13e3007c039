using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// The course of a probe: which product is wanted next, and what all of them say. First one recursion finds the ends of the spectrum, begun again outside
/// of invariant subspaces, so that no eigenvalue is missed; then each random direction has a short one of its own for the quadrature, unless all
/// eigenvalues are known by then. Between two products <see cref="State"/> is all there is. On a part of the vector every part goes the same way.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class CurvatureProbe<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly VectorPart _part;
    private readonly BucketTotals _totals;
    private readonly CurvaturePlan _plan;
    private readonly List<(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas)> _finished = [];
    private Lanczos<T> _current;
    private int _restarts;
    private Memory<T>? _smallest;
    private Memory<T>? _largest;

    /// <param name="part">The elements that are here.</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    /// <param name="plan">What is wanted.</param>
    /// <param name="from">Where to go on; null: at the start.</param>
    /// <exception cref="ArgumentException">More eigenvalues are wanted than there are parameters or steps.</exception>
    public CurvatureProbe(VectorPart part, BucketTotals totals, CurvaturePlan plan, CurvatureProbeState<T>? from = null)
    {
        if (Math.Max(plan.Ends.Largest, plan.Ends.Smallest) > Math.Min(part.Layout.ParameterCount, plan.Ends.Steps))
            throw new ArgumentException($"{Math.Max(plan.Ends.Largest, plan.Ends.Smallest)} eigenvalues of {part.Layout.ParameterCount} parameters in {plan.Ends.Steps} steps", nameof(plan));
        (_part, _totals, _plan) = (part, totals, plan);
        _current = new Lanczos<T>(part, totals, from?.Current);
        if (from is null)
        {
            Begin();
            return;
        }

        _finished.AddRange(from.Finished);
        (_restarts, _smallest, _largest) = (from.Restarts, from.SmallestVector, from.LargestVector);
    }

    /// <summary>What to save.</summary>
    public CurvatureProbeState<T> State => new([.. _finished], _current.State, _restarts, _smallest, _largest);

    /// <summary>The direction whose product is wanted, [part.Length]; null: all is known.</summary>
    public ReadOnlyMemory<T>? Next => _current.Next;

    /// <summary>Products taken in.</summary>
    public int Products => _finished.Sum(recursion => recursion.Alphas.Count) + _current.Steps;

    /// <summary>What is known of the ends so far; null before the first product.</summary>
    public RitzSpectrum? Ends => _finished.Count > 0 ? RitzSpectrum.Of(_finished[0].Alphas, _finished[0].Betas) : _current.Steps > 0 ? Spectrum() : null;

    /// <summary>The unit vector of θ_min: the way out of a saddle; null until the ends are found.</summary>
    public ReadOnlyMemory<T>? SmallestVector => _smallest;

    /// <summary>The unit vector of θ_max.</summary>
    public ReadOnlyMemory<T>? LargestVector => _largest;

    /// <summary>Takes the product of <see cref="Next"/> in.</summary>
    /// <inheritdoc cref="Lanczos{T}.Take"/>
    public void Take(ReadOnlySpan<T> product)
    {
        var goesOn = _current.Take(product);
        if (_finished.Count > 0)
        {
            if (!goesOn || _current.Steps == _plan.DirectionSteps)
                Finish();
            return;
        }

        var spectrum = Spectrum();
        var tau = _plan.Tolerances.Curvature(spectrum.Smallest.Value, spectrum.Largest.Value);
        // Residuals are 0 in an invariant subspace and say nothing of what is outside: from the first of them on only the number of steps is an end.
        var isFound = goesOn && _restarts == 0 && _plan.Ends.IsFound(spectrum, tau);
        if (isFound || _current.Steps == _plan.Ends.Steps || (!goesOn && !BeginOutside()))
            FinishEnds(spectrum);
    }

    /// <summary>What was found, once <see cref="Next"/> is null.</summary>
    /// <param name="gradientNorm">‖g‖ over the same examples.</param>
    public CurvatureFindings Findings(double gradientNorm)
    {
        if (Next is not null || _finished.Count == 0)
            throw new InvalidOperationException("products are missing");
        return CurvatureFindings.Of(_finished, gradientNorm, _part.Layout.ParameterCount, _plan);
    }

    private RitzSpectrum Spectrum() => RitzSpectrum.Of(_current.State.Alphas, _current.State.Betas);

    /// <returns>False: there is nothing outside.</returns>
    private bool BeginOutside()
    {
        _restarts++;
        return !_current.IsComplete && Begin();
    }

    private bool Begin()
    {
        var direction = new T[_part.Length];
        ProbeDirection.Fill<T>(_part, _plan.Kind, _plan.Seed, _finished.Count, _restarts, direction);
        return _current.Begin(direction);
    }

    private void FinishEnds(RitzSpectrum spectrum)
    {
        (_smallest, _largest) = (VectorOf(spectrum, 0), VectorOf(spectrum, spectrum.Values.Count - 1));
        Finish();
    }

    private void Finish()
    {
        var state = _current.State;
        _finished.Add(([.. state.Alphas], [.. state.Betas]));
        (_current, _restarts) = (new Lanczos<T>(_part, _totals), 0);
        if (_finished.Count <= _plan.Directions && _finished[0].Alphas.Count < _part.Layout.ParameterCount)
            Begin();
    }

    private Memory<T> VectorOf(RitzSpectrum spectrum, int index)
    {
        var vector = AlignedVector.Allocate<T>(_part.Length);
        _current.Combine(spectrum.Coefficients(index), vector.Span);
        return vector;
    }
}

using System.Numerics;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// The course of a look for sharpness: one box after the other, each by two <see cref="BoxSearch{T}"/> that begin at the weights. On a part of the vector
/// every part goes the same way.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class SharpnessProbe<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly VectorPart _part;
    private readonly BucketTotals _totals;
    private readonly SharpnessPlan _plan;
    private readonly ReadOnlyMemory<T> _weights;
    private readonly List<BoxSearchRecord> _finished = [];
    private BoxSearch<T>? _current;

    /// <param name="part">The elements that are here.</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    /// <param name="plan">What is wanted.</param>
    /// <param name="weights">w, [part.Length].</param>
    /// <param name="from">Where to go on: the searches so far; empty: at the start.</param>
    /// <param name="at">The vector of a pass of a search, [part.Length].</param>
    public SharpnessProbe(
        VectorPart part, BucketTotals totals, SharpnessPlan plan, ReadOnlyMemory<T> weights, IReadOnlyList<BoxSearchRecord>? from = null, Func<int, int, Memory<T>>? at = null)
    {
        (_part, _totals, _plan, _weights) = (part, totals, plan, weights);
        foreach (var (index, search) in (from ?? []).Index())
        {
            if (search.IsDone)
                _finished.Add(search);
            else
                _current = Search(index, search, pass => at!(index, pass));
        }

        Begin();
    }

    /// <summary>The weights whose loss and gradient are wanted, [part.Length]; null: all is known.</summary>
    public ReadOnlyMemory<T>? Next => _current?.Next;

    /// <summary>Losses taken in.</summary>
    public int Passes => Records.Sum(search => search.Losses.Count);

    /// <summary>What to save: the searches so far, the last of which is at work unless all are done.</summary>
    public IReadOnlyList<BoxSearchRecord> Records => _current is null ? _finished : [.. _finished, _current.Record];

    /// <summary>Takes loss and gradient at <see cref="Next"/> in.</summary>
    /// <inheritdoc cref="BoxSearch{T}.Take"/>
    public void Take(double loss, ReadOnlySpan<T> gradient)
    {
        _current!.Take(loss, gradient);
        if (_current.Next is not null)
            return;
        _finished.Add(_current.Record);
        _current = null;
        Begin();
    }

    private void Begin()
    {
        if (_current is null && _finished.Count < _plan.Searches.Count)
            _current = Search(_finished.Count);
    }

    private BoxSearch<T> Search(int index, BoxSearchRecord? from = null, Func<int, Memory<T>>? at = null)
    {
        var (box, isSoft) = _plan.Searches[index];
        // The second search of a subspace knows from the first how wide its box is.
        var known = from?.Subspace ?? _finished.LastOrDefault(search => search.Box == box)?.Subspace;
        return new BoxSearch<T>(_part, BoxOf(box, known), box, _plan.PassesOf, isSoft, from, at);
    }

    private IBox<T> BoxOf(SharpnessBox box, SubspaceCoordinates? known) => box == SharpnessBox.Subspace
        ? new SubspaceBox<T>(_part, _totals, _weights, _plan, known)
        : new ElementBox<T>(_part, _totals, _weights, _plan.RadiusOf(box), isAdaptive: box == SharpnessBox.Adaptive);
}

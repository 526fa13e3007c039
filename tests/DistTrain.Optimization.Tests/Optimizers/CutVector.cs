using System.Numerics;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>A whole vector under an optimizer, cut into runs of buckets as servers cut it.</summary>
internal sealed class CutVector<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly IOptimizer<T> _optimizer;
    private readonly ParameterLayout _layout;
    private readonly int _shift;
    private readonly bool _forgets;
    private readonly List<(FlatUpdate<T> Update, IReadOnlyList<Bucket> Buckets)> _runs = [];

    /// <param name="optimizer">The rule.</param>
    /// <param name="layout">The whole vector.</param>
    /// <param name="runs">Into how many runs of buckets.</param>
    /// <param name="shift">Elements from a cache line to the place of the next weights.</param>
    /// <param name="forgets">Before each step, what the one before left behind for it is forgotten.</param>
    /// <param name="rates">By segment, what its rate is multiplied by.</param>
    public CutVector(IOptimizer<T> optimizer, ParameterLayout layout, int runs, int shift = 0, bool forgets = false, IReadOnlyList<double>? rates = null)
    {
        (_optimizer, _layout, _shift, _forgets) = (optimizer, layout, shift, forgets);
        for (var run = 0; run < runs; run++)
        {
            var buckets = layout.Buckets.Take(layout.BucketsOf(run, runs)).ToList();
            _runs.Add((new FlatUpdate<T>(optimizer, layout, buckets, rates), buckets));
        }
    }

    /// <summary>The slots of all runs.</summary>
    public IReadOnlyList<T[]> Slots => [.. Enumerable.Range(0, _optimizer.Slots).Select(slot => _runs.SelectMany(run => run.Update.Slots[slot].ToArray()).ToArray())];

    /// <summary>The next weights. NaN where the optimizer should have written and has not; buffers and padding are those of <paramref name="weights"/>.</summary>
    public T[] Step(in UpdateTime time, T[] weights, T[] gradient)
    {
        var next = AlignedVector.Allocate<T>(weights.Length + _shift)[_shift..];
        weights.CopyTo(next);
        foreach (var segment in _layout.Segments.Where(s => !s.IsBuffer))
            next.Span.Slice(segment.Offset, segment.Length).Fill(T.NaN);
        if (_optimizer.Norms > 0)
        {
            foreach (var (update, buckets) in _runs)
            {
                foreach (var bucket in buckets)
                {
                    if (_forgets)
                        update.Forget(bucket);
                    update.Measure(bucket, time, Of(weights, bucket), Of(gradient, bucket), Of(next, bucket));
                }
            }

            var sums = _runs.SelectMany(r => r.Update.PieceSums.ToArray()).ToArray();
            foreach (var (update, _) in _runs)
                update.Combine(sums);
        }

        foreach (var (update, buckets) in _runs)
        {
            foreach (var bucket in buckets)
                update.Step(bucket, time, Of(weights, bucket), Of(gradient, bucket), Of(next, bucket));
        }

        return next.ToArray();
    }

    /// <summary>The sums over a whole tensor that the last step took.</summary>
    public ReadOnlySpan<double> NormsOf(int segment) => _runs[0].Update.NormsOf(segment);

    private static Span<T> Of(Memory<T> vector, Bucket bucket) => vector.Span.Slice(bucket.Offset, bucket.Length);
}

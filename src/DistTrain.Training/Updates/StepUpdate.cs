using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Updates;

/// <summary>
/// Step 7 of the way of the data, for whoever steps: from a bucket's sum over ranks to its elements in the next version. The optimizer makes the
/// weights, batch statistics and the like go into the buffers, and a running mean of versions is kept where the job has one. It owns what is
/// gathered over steps, on a run of buckets; different buckets may be stepped at the same time.
/// </summary>
public sealed class StepUpdate
{
    private readonly BatchNormRecipe _norm;
    private readonly FlatUpdate<float> _optimizer;
    private readonly float[]? _mean;
    private readonly int _offset;

    /// <param name="optimizer">The rule.</param>
    /// <param name="norm">What becomes of batch statistics.</param>
    /// <param name="layout">The whole vector.</param>
    /// <param name="buckets">The run, a stretch of the layout's buckets.</param>
    /// <param name="keepsMean">A running mean of versions is kept.</param>
    /// <param name="rates">By segment, what its rate is multiplied by (<see cref="ParameterRates"/>).</param>
    public StepUpdate(IOptimizer<float> optimizer, BatchNormRecipe norm, ParameterLayout layout, IReadOnlyList<Bucket> buckets, bool keepsMean, IReadOnlyList<double> rates)
    {
        _norm = norm;
        _optimizer = new FlatUpdate<float>(optimizer, layout, buckets, rates);
        _mean = keepsMean ? new float[buckets.Sum(b => b.Length)] : null;
        _offset = buckets.Count == 0 ? 0 : buckets[0].Offset;
    }

    /// <summary>What is gathered over steps, each as long as the run: the optimizer's slots, then the mean.</summary>
    public IReadOnlyList<Memory<float>> Slots => _mean is null ? _optimizer.Slots : [.. _optimizer.Slots, _mean];

    /// <summary>The sums that this run adds to the norms of whole tensors, once measured.</summary>
    public ReadOnlyMemory<double> PieceSums => _optimizer.PieceSums;

    /// <summary>Takes the optimizer's slots of another run for its own.</summary>
    public void ContinueFrom(StepUpdate before)
    {
        foreach (var (from, to) in before._optimizer.Slots.Zip(_optimizer.Slots))
            from.CopyTo(to);
    }

    /// <summary>Somebody else than a step writes weights of this bucket.</summary>
    public void Forget(Bucket bucket) => _optimizer.Forget(bucket);

    /// <summary>First pass over a bucket, for rules that need norms. All spans have the bucket's length.</summary>
    public void Measure(Bucket bucket, in UpdateTime time, ReadOnlySpan<float> current, ReadOnlySpan<float> sum, Span<float> next) =>
        _optimizer.Measure(bucket, time, current, sum, next);

    /// <summary>The norms of whole tensors from <see cref="PieceSums"/> of all runs, one behind the other.</summary>
    public void Combine(ReadOnlySpan<double> pieceSums) => _optimizer.Combine(pieceSums);

    /// <summary>Second pass, or the only one: the next version of a bucket. All spans have the bucket's length.</summary>
    /// <param name="open">The step.</param>
    /// <param name="time">When it is.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="examples">Examples behind <paramref name="sum"/>.</param>
    /// <param name="current">The committed version.</param>
    /// <param name="sum">Over ranks, of what they have pushed.</param>
    /// <param name="next">Receives the next version.</param>
    public void Step(OpenStep open, in UpdateTime time, Bucket bucket, long examples, ReadOnlySpan<float> current, ReadOnlySpan<float> sum, Span<float> next)
    {
        if (open.Kind == StepKind.Statistics)
            current.CopyTo(next);
        else
            _optimizer.Step(bucket, time, current, sum, next);
        // Statistics that are taken anew, or are not averaged over steps, keep nothing of the old ones.
        var momentum = open.Kind == StepKind.Statistics || _norm.Evaluation == BatchNormEvaluations.Last ? 1 : _norm.Momentum;
        var buffers = new BufferUpdate(momentum, _norm.Epsilon);
        foreach (var piece in bucket.Pieces)
        {
            if (!piece.Segment.IsBuffer)
                continue;
            var at = piece.Offset - bucket.Offset;
            // A step that trains brings no moments of the inputs.
            var behind = piece.Segment.Kind == SegmentKind.Features && open.Kind == StepKind.Gradient ? 0 : examples;
            buffers.Step(piece.Segment, current.Slice(at, piece.Length), sum.Slice(at, piece.Length), next.Slice(at, piece.Length), behind);
        }

        AddToMean(open, bucket, next);
    }

    /// <summary>The next version of a bucket is the committed one: a step that is skipped changes neither weights, buffers nor slots.</summary>
    public void Keep(OpenStep open, Bucket bucket, ReadOnlySpan<float> current, Span<float> next)
    {
        current.CopyTo(next);
        AddToMean(open, bucket, next);
    }

    /// <summary>The running mean takes the version that is being made in: mean ← mean + (w − mean) / n.</summary>
    private void AddToMean(OpenStep open, Bucket bucket, Span<float> next)
    {
        if (open.Sample == 0)
            return;
        var mean = _mean.AsSpan(bucket.Offset - _offset, bucket.Length);
        var share = 1f / open.Sample;
        for (var i = 0; i < mean.Length; i++)
            mean[i] += (next[i] - mean[i]) * share;
        if (!open.EndsWithMean)
            return;
        Forget(bucket);
        mean.CopyTo(next);
    }
}

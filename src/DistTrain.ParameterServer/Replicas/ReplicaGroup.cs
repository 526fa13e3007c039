using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// One replica of the model as far as this server owns it: its versions, slots and the sums of the open step. Synchronous training has one
/// for all ranks; ranks that train on their own have one each. Buckets are added and stepped in parallel, each under its own gate.
/// </summary>
internal sealed class ReplicaGroup
{
    private readonly PartitionPlan _plan;
    private readonly VersionBuffers _versions;
    private readonly FlatUpdate<float> _update;
    private readonly float[]? _mean;
    private volatile OpenStep _open;
    private volatile OpenStep? _previous;

    /// <param name="plan">The partition's plan.</param>
    /// <param name="ranks">The ranks that share the replica.</param>
    /// <param name="open">Its first step; the committed version has to be filled in by the caller.</param>
    public ReplicaGroup(PartitionPlan plan, IReadOnlyList<int> ranks, OpenStep open)
    {
        (_plan, Ranks, _open) = (plan, ranks, open);
        IsCommon = open.Sharing == Sharing.Together;
        var tree = new RankTree(ranks.Count);
        Buckets = [.. plan.Buckets.Select(b => new BucketState(b, plan.NewSum(tree, b), ranks.Count))];
        Stepped = new bool[Buckets.Count];
        _versions = new VersionBuffers(plan.Length);
        _update = new FlatUpdate<float>(plan.OptimizerOf(open.Sharing), plan.Layout, plan.Buckets);
        _mean = plan.Course.KeepsMean ? new float[plan.Length] : null;
    }

    /// <summary>The ranks that share it, in order.</summary>
    public IReadOnlyList<int> Ranks { get; }

    /// <summary>All ranks train it together. Also a single rank has, while it refines, a replica of its own that is not.</summary>
    public bool IsCommon { get; }

    /// <summary>Its number: that of its first rank.</summary>
    public int Index => Ranks[0];

    public IReadOnlyList<BucketState> Buckets { get; }

    /// <summary>By bucket: the next version's elements are there. Guarded by the partition, like <see cref="SteppedCount"/> and <see cref="CompleteCount"/>.</summary>
    public bool[] Stepped { get; }

    public int SteppedCount { get; set; }

    /// <summary>Buckets whose sum is complete.</summary>
    public int CompleteCount { get; set; }

    /// <summary>The committed version and the step that waits at it.</summary>
    public OpenStep Open => _open;

    /// <summary>True when all buckets are stepped and the step waits for the other replicas.</summary>
    public bool AwaitsAverage => _open.Averages && SteppedCount == Buckets.Count;

    /// <summary>When the parts of the open step were; null where nobody listens.</summary>
    public StepTimes? Times { get; } = StepTimes.New();

    /// <summary>Of the open step's gradients, once they are needed.</summary>
    public StepNorms Norms { get; set; } = StepNorms.None;

    /// <summary>What becomes of the open step; an update, unless it was judged otherwise.</summary>
    public Verdict Verdict { get; set; }

    /// <summary>What is saved besides the weights, each as long as the run.</summary>
    public IReadOnlyList<Memory<float>> Slots => _mean is null ? _update.Slots : [.. _update.Slots, _mean];

    /// <summary>The sums that this run adds to the norms of whole tensors, once measured.</summary>
    public ReadOnlyMemory<double> PieceSums => _update.PieceSums;

    /// <summary>The version of one bucket, [Bucket.Length]: the committed one, the next, or the one before.</summary>
    public ReadOnlyMemory<float> Elements(Bucket bucket, long version) => Place(bucket, version);

    /// <summary>The same for somebody who writes weights from elsewhere than a step.</summary>
    public Memory<float> Writable(Bucket bucket, long version)
    {
        _update.Forget(bucket);
        return Place(bucket, version);
    }

    public ReadOnlyMemory<float> Committed(Bucket bucket) => Elements(bucket, _open.Version);

    /// <summary>Fills the committed version with the job's first.</summary>
    public void FillVersionZero() => _plan.FirstVersion(_plan.Layout, _plan.Job.Spec.Seed, _plan.Offset, _versions.Of(0).Span);

    /// <summary>Fills the committed version and the slots with those of a checkpoint.</summary>
    public void Fill(RestoredVersion restored)
    {
        restored.Vectors[0].CopyTo(_versions.Of(_open.Version));
        foreach (var (vector, slot) in restored.Vectors.Skip(1).Zip(Slots))
            vector.CopyTo(slot);
    }

    /// <summary>Takes the committed weights, and if wanted the slots, of another replica for its own.</summary>
    public void ContinueFrom(ReplicaGroup before, bool withSlots)
    {
        foreach (var bucket in _plan.Buckets)
            before.Committed(bucket).CopyTo(Writable(bucket, _open.Version));
        if (!withSlots)
            return;
        foreach (var (from, to) in before._update.Slots.Zip(_update.Slots))
            from.CopyTo(to);
    }

    /// <summary>The step at which <paramref name="version"/> is still held, or null.</summary>
    public OpenStep? Find(long version) => version == _open.Version ? _open : _previous is { } previous && previous.Version == version ? previous : null;

    /// <summary>
    /// From now on the version before the committed one may be written over: every member has pushed, so nobody needs it.
    /// </summary>
    public void ForgetPrevious() => _previous = null;

    /// <summary>Replaces the open step; sums are emptied, and chunks of the closed step are stale from here on.</summary>
    public void Close(OpenStep next)
    {
        _previous = _open;
        _open = next;
        (SteppedCount, CompleteCount) = (0, 0);
        (Norms, Verdict) = (StepNorms.None, default);
        Array.Clear(Stepped);
        foreach (var state in Buckets)
        {
            lock (state.Gate)
                state.Sum.Reset();
        }
    }

    /// <summary>True while some bucket of the open step may have moved on and another may not.</summary>
    public bool IsHalfStepped()
    {
        foreach (var state in Buckets)
        {
            lock (state.Gate)
            {
                if (state.Sum.IsComplete)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Copies one bucket of the committed version and its slots while no update can touch them.</summary>
    public void Capture(Snapshot snapshot, int index)
    {
        lock (Buckets[index].Gate)
            CaptureLocked(snapshot, Buckets[index]);
    }

    /// <summary>The same for a caller that holds the bucket's gate.</summary>
    public void CaptureLocked(Snapshot snapshot, BucketState state) =>
        snapshot.Capture(state.Bucket, Elements(state.Bucket, snapshot.Step.Version).Span, Slots, _plan.Offset);

    /// <summary>First pass over a bucket whose sum is complete, for rules that need norms.</summary>
    public void Measure(BucketState state, in UpdateTime time) =>
        _update.Measure(state.Bucket, time, Committed(state.Bucket).Span, state.Sum.Total, Place(state.Bucket, _open.Version + 1).Span);

    /// <summary>The norms of whole tensors from the sums of all servers.</summary>
    public void Combine(ReadOnlySpan<double> pieceSums) => _update.Combine(pieceSums);

    /// <summary>Step 7 of the way of the data: from the sum over ranks to the next version's elements, for one bucket.</summary>
    public void Step(BucketState state, in UpdateTime time)
    {
        var open = _open;
        var bucket = state.Bucket;
        var current = Committed(bucket).Span;
        var next = Place(bucket, open.Version + 1).Span;
        var sum = state.Sum.Total;
        if (open.Kind == StepKind.Statistics)
            current.CopyTo(next);
        else
            _update.Step(bucket, time, current, sum, next);
        var norm = _plan.Job.Spec.BatchNorm;
        // Statistics that are taken anew, or are not averaged over steps, keep nothing of the old ones.
        var momentum = open.Kind == StepKind.Statistics || norm.Evaluation == BatchNormEvaluations.Last ? 1 : norm.Momentum;
        var buffers = new BufferUpdate(momentum, norm.Epsilon);
        foreach (var piece in bucket.Pieces)
        {
            if (!piece.Segment.IsBuffer)
                continue;
            var at = piece.Offset - bucket.Offset;
            // A step that trains brings no moments of the inputs.
            var examples = piece.Segment.Kind == SegmentKind.Features && open.Kind == StepKind.Gradient ? 0 : state.Examples;
            buffers.Step(piece.Segment, current.Slice(at, piece.Length), sum.Slice(at, piece.Length), next.Slice(at, piece.Length), examples);
        }

        if (open.Sample > 0)
            AddToMean(bucket, next, open);
    }

    /// <summary>The next version of one bucket is the committed one: a step that is skipped changes neither weights, buffers nor slots.</summary>
    public void Keep(BucketState state)
    {
        var open = _open;
        var next = Place(state.Bucket, open.Version + 1).Span;
        Committed(state.Bucket).Span.CopyTo(next);
        if (open.Sample > 0)
            AddToMean(state.Bucket, next, open);
    }

    /// <summary>The running mean takes the version that is being made in: mean ← mean + (w − mean) / n.</summary>
    private void AddToMean(Bucket bucket, Span<float> next, OpenStep open)
    {
        var mean = _mean.AsSpan(bucket.Offset - _plan.Offset, bucket.Length);
        var share = 1f / open.Sample;
        for (var i = 0; i < mean.Length; i++)
            mean[i] += (next[i] - mean[i]) * share;
        if (open.EndsWithMean)
            mean.CopyTo(Writable(bucket, open.Version + 1).Span);
    }

    private Memory<float> Place(Bucket bucket, long version) => _versions.Of(version).Slice(bucket.Offset - _plan.Offset, bucket.Length);
}

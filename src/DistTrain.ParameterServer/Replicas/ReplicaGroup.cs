using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Training.Steps;
using DistTrain.Training.Updates;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// One replica of the model as far as this server owns it: its versions, slots and the sums of the open step. Synchronous training has one
/// for all ranks; ranks that train on their own have one each. Buckets are added and stepped in parallel, each under its own gate.
/// </summary>
internal sealed class ReplicaGroup : IDisposable
{
    private readonly PartitionPlan _plan;
    private readonly VersionBuffers _versions;
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
        Buckets = [.. plan.Buckets.Select(b => new BucketState(b, plan.SumOf(tree, b), ranks.Count))];
        Stepped = new bool[Buckets.Count];
        _versions = new VersionBuffers(plan.Length * plan.Width, plan.Memory);
        Update = new StepUpdate(plan.Rule.OptimizerOf(open.Sharing), plan.Job.Spec.BatchNorm, plan.Layout, plan.Buckets, plan.Course.KeepsMean, plan.Rates);
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

    /// <summary>From its sums to the next version, and what is gathered over steps.</summary>
    public StepUpdate Update { get; }

    /// <summary>Where its versions are, for ranks of this machine; null: they are sent.</summary>
    public SharedRegion? Region => _versions.Region;

    /// <summary>Where a version begins in <see cref="Region"/>.</summary>
    public int FirstElement(long version) => _versions.FirstElement(version);

    /// <summary>The version of one bucket, [Bucket.Length · plan.Width]: the committed one, the next, or the one before.</summary>
    public ReadOnlyMemory<float> Elements(Bucket bucket, long version) => Place(bucket, version);

    /// <summary>The same for somebody who writes weights from elsewhere than a step.</summary>
    public Memory<float> Writable(Bucket bucket, long version)
    {
        Update.Forget(bucket);
        return Place(bucket, version);
    }

    public ReadOnlyMemory<float> Committed(Bucket bucket) => Elements(bucket, _open.Version);

    /// <summary>Room for the version that the open step makes.</summary>
    public Memory<float> Next(Bucket bucket) => Place(bucket, _open.Version + 1);

    /// <summary>Fills the committed version with the job's first.</summary>
    public void FillVersionZero() => _plan.FirstVersion(_plan.Layout, _plan.Job.Spec.Seed, _plan.Offset, _versions.Of(0).Span);

    /// <summary>Fills the committed version and the slots with those of a checkpoint.</summary>
    public void Fill(RestoredVersion restored)
    {
        restored.Vectors[0].CopyTo(_versions.Of(_open.Version));
        foreach (var (vector, slot) in restored.Vectors.Skip(1).Zip(Update.Slots))
            vector.CopyTo(slot);
    }

    /// <summary>Takes the committed weights, and if wanted the slots, of another replica for its own.</summary>
    public void ContinueFrom(ReplicaGroup before, bool withSlots)
    {
        foreach (var bucket in _plan.Buckets)
            before.Committed(bucket).CopyTo(Writable(bucket, _open.Version));
        if (withSlots)
            Update.ContinueFrom(before.Update);
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
        snapshot.Capture(state.Bucket, Elements(state.Bucket, snapshot.Step.Version).Span, Update.Slots, _plan.Offset);

    /// <summary>Nobody new gets to see its versions in memory; who does keeps seeing them.</summary>
    public void Dispose() => Region?.Dispose();

    private Memory<float> Place(Bucket bucket, long version) => _versions.Of(version).Slice((bucket.Offset - _plan.Offset) * _plan.Width, bucket.Length * _plan.Width);
}

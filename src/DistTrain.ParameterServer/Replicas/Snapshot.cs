using DistTrain.Optimization.Parameters;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// A copy in the making of one committed version and its slots. Each bucket is copied once, under its gate: by the saver in the
/// background, or by the next update of that bucket just before it touches it.
/// </summary>
internal sealed class Snapshot(ReplicaGroup replica, OpenStep step, PartitionPlan plan)
{
    private readonly bool[] _captured = new bool[plan.Layout.Buckets.Count];
    private readonly float[] _weights = new float[plan.Length * plan.Width];
    private readonly float[][] _slots = [.. Enumerable.Range(0, plan.SavedSlots).Select(_ => new float[plan.Length])];

    /// <summary>Where the version is copied from.</summary>
    public ReplicaGroup Replica { get; } = replica;

    public OpenStep Step { get; } = step;

    /// <summary>The run's weights, then each slot: the order in the file.</summary>
    public IEnumerable<ReadOnlyMemory<float>> Vectors => [_weights, .. _slots];

    /// <summary>Copies one bucket unless it has been copied. The caller holds the bucket's gate.</summary>
    public void Capture(Bucket bucket, ReadOnlySpan<float> weights, IReadOnlyList<Memory<float>> slots, int offset)
    {
        if (_captured[bucket.Index])
            return;
        _captured[bucket.Index] = true;
        var at = bucket.Offset - offset;
        weights.CopyTo(_weights.AsSpan(at * plan.Width));
        for (var i = 0; i < _slots.Length; i++)
            slots[i].Span.Slice(at, bucket.Length).CopyTo(_slots[i].AsSpan(at));
    }
}

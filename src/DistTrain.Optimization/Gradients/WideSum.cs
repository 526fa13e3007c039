using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// The sum of one bucket over all ranks in float64, for probes: chunks and total are seen as twice as many float32. Added along the
/// <see cref="RankTree"/> once all are there; buffers, which no direction has, are 0.
/// </summary>
public sealed class WideSum : BucketSum
{
    private readonly double[]?[] _values;
    private readonly int _length;
    private double[]? _total;

    public WideSum(RankTree tree, Bucket bucket)
        : base(tree, bucket)
    {
        _values = new double[tree.Ranks][];
        _length = bucket.Length;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Total =>
        MemoryMarshal.Cast<double, float>(_total ?? throw new InvalidOperationException("ranks are missing"));

    /// <inheritdoc/>
    public override bool IsComplete => _total is not null;

    /// <inheritdoc/>
    public override bool Has(int rank) => _values[rank] is not null;

    /// <inheritdoc/>
    public override Arrival Add(int rank, int examples, float[] values)
    {
        var arrival = Add(rank, examples, values.AsMemory(0, 2 * _length));
        if (arrival != Arrival.Duplicate)
            ArrayPool<float>.Shared.Return(values);
        return arrival;
    }

    /// <inheritdoc/>
    public override Arrival Add(int rank, int examples, ReadOnlyMemory<float> values)
    {
        if (_values[rank] is not null)
            return Arrival.Duplicate;
        _values[rank] = MemoryMarshal.Cast<float, double>(values.Span).ToArray();
        if (_values.Contains(null))
            return Arrival.Pending;
        // In place: a rank's own is not asked for again.
        _total = RankTree.Reduce(_values, (left, right) =>
        {
            TensorPrimitives.Add<double>(left!, right!, left!);
            return left;
        });
        return Arrival.Complete;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        Array.Clear(_values);
        _total = null;
    }
}

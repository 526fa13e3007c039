using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// The trainable elements of a run of buckets: what one server holds of a direction. Buffers are no direction to go in; the padding between tensors
/// is 0 in every direction and product.
/// </summary>
public sealed class VectorPart
{
    /// <param name="layout">The whole vector.</param>
    /// <param name="buckets">The run of buckets, e.g. <c>layout.BucketsOf(server, servers)</c>.</param>
    public VectorPart(ParameterLayout layout, Range buckets)
    {
        Layout = layout;
        Buckets = [.. layout.Buckets.Take(buckets).Where(bucket => bucket.Offset < layout.TrainableLength)];
        Offset = Buckets.Count == 0 ? layout.TrainableLength : Buckets[0].Offset;
        Length = Buckets.Count == 0 ? 0 : Math.Min(Buckets[^1].Offset + Buckets[^1].Length, layout.TrainableLength) - Offset;
    }

    /// <summary>The whole vector.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Buckets with trainable elements, in order.</summary>
    public IReadOnlyList<Bucket> Buckets { get; }

    /// <summary>Where it begins in the flat vector.</summary>
    public int Offset { get; }

    /// <summary>Elements, padding included.</summary>
    public int Length { get; }

    /// <summary>The elements of one bucket in a vector of this part.</summary>
    /// <param name="index">Position among <see cref="Buckets"/>.</param>
    public Range Of(int index)
    {
        var start = Buckets[index].Offset - Offset;
        return start..Math.Min(start + Buckets[index].Length, Length);
    }
}

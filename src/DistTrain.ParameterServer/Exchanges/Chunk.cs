using System.Buffers;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>A rank's gradient of one bucket as it arrives: all that the server sees of the road it came by.</summary>
/// <param name="frame">What its stream has brought; disposed by whoever reads the stream.</param>
internal readonly struct Chunk(Frame<RankMessage> frame)
{
    /// <summary>The step it is of.</summary>
    public long Step => frame.Head.Gradient.Step;

    /// <summary>Its bucket, by the layout's index.</summary>
    public int Bucket => frame.Head.Gradient.Bucket;

    /// <summary>What the rank says beside it; null when it says nothing.</summary>
    public Contribution? Contribution => frame.Head.Gradient.Contribution;

    /// <summary>Its elements.</summary>
    public int Length => frame.Payload.Length;

    /// <summary>Hands the elements over, in an array rented from <see cref="ArrayPool{T}.Shared"/>.</summary>
    public float[] Take() => frame.TakePayload();
}

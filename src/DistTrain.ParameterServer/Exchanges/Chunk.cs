using System.Buffers;
using DistTrain.Optimization.Gradients;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>
/// A rank's gradient of one bucket as it arrives, all that the server sees of the road it came by: in a message, or in memory of the rank that both see.
/// </summary>
internal readonly struct Chunk
{
    private readonly Frame<RankMessage>? _frame;
    private readonly ReadOnlyMemory<float> _shared;

    /// <param name="frame">What its stream has brought; disposed by whoever reads the stream.</param>
    /// <param name="contribution">What the rank has said of its step; null: nothing.</param>
    public Chunk(Frame<RankMessage> frame, Contribution? contribution)
    {
        var gradient = frame.Head.Gradient;
        (_frame, Step, Bucket, Contribution, SquaredNorm) = (frame, gradient.Step, gradient.Bucket, contribution, gradient.SquaredNorm);
    }

    /// <param name="report">What its stream has brought.</param>
    /// <param name="place">Its place among the server's buckets.</param>
    /// <param name="bucket">Its bucket, by the layout's index.</param>
    /// <param name="shared">Where the rank has it; it keeps its contents until the step is over.</param>
    public Chunk(GradientReport report, int place, int bucket, ReadOnlyMemory<float> shared) =>
        (_shared, Step, Bucket, Contribution, SquaredNorm) = (shared, report.Step, bucket, report.Contribution, report.SquaredNorms[place]);

    /// <summary>The step it is of.</summary>
    public long Step { get; }

    /// <summary>Its bucket, by the layout's index.</summary>
    public int Bucket { get; }

    /// <summary>What the rank says of its step; null when it says nothing.</summary>
    public Contribution? Contribution { get; }

    /// <summary>Sum of squares of its trainable part, as the rank says.</summary>
    public double SquaredNorm { get; }

    /// <summary>Its elements.</summary>
    public int Length => _frame?.Payload.Length ?? _shared.Length;

    /// <summary>Adds it to the sum of its bucket: in the array, rented from <see cref="ArrayPool{T}.Shared"/>, that the message brought, or where it lies.</summary>
    public Arrival AddTo(BucketSum sum, int member) => _frame is null
        ? sum.Add(member, Contribution!.Examples, _shared)
        : sum.Add(member, Contribution!.Examples, _frame.TakePayload());
}

using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Normalization;

/// <summary>What a step makes of a model's buffers, from what the ranks have pushed for them together.</summary>
/// <param name="Momentum">Weight of new statistics in the running ones, in [0, 1].</param>
/// <param name="Epsilon">Added to variances before their root is averaged.</param>
public readonly record struct BufferUpdate(double Momentum, double Epsilon)
{
    /// <summary>The next version of a part of one buffer. Without examples nothing changes. All spans have one length.</summary>
    /// <param name="segment">The buffer.</param>
    /// <param name="current">Its part in the current version.</param>
    /// <param name="pushed">The merge over ranks.</param>
    /// <param name="next">Receives the part of the next version.</param>
    /// <param name="examples">Examples behind <paramref name="pushed"/>.</param>
    public void Step(Segment segment, ReadOnlySpan<float> current, ReadOnlySpan<float> pushed, Span<float> next, long examples)
    {
        var count = examples * segment.PositionsPerExample;
        switch (segment.Kind)
        {
            case SegmentKind.Statistics or SegmentKind.Features:
                Moments.Average(current, pushed, next, count, Momentum);
                break;
            case SegmentKind.Deviations:
                Moments.AverageDeviations(current, pushed, next, count, Momentum, Epsilon);
                break;
            case SegmentKind.PowerVector:
                (examples > 0 ? pushed : current).CopyTo(next);
                break;
            default:
                throw new ArgumentException($"'{segment.Name}' is no buffer", nameof(segment));
        }
    }
}

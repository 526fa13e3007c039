namespace DistTrain.Optimization.Parameters;

/// <summary>One tensor's place in the flat vector.</summary>
/// <param name="Name">Unique name, e.g. <c>conv1.weight</c>.</param>
/// <param name="Kind">What the tensor is.</param>
/// <param name="Shape">Row-major shape.</param>
/// <param name="Offset">Index of its first element; a multiple of <see cref="ParameterLayout.Alignment"/>.</param>
/// <param name="Initial">How version 0 is filled.</param>
/// <param name="PositionsPerExample">Moments only: values that one example adds to each channel's moments (height × width).</param>
public sealed record Segment(
    string Name,
    SegmentKind Kind,
    IReadOnlyList<int> Shape,
    int Offset,
    Initialization Initial,
    int PositionsPerExample = 0)
{
    /// <summary>Number of elements.</summary>
    public int Length { get; } = checked(Shape.Aggregate(1, (product, side) => product * side));

    /// <summary>Index behind the last element (padding up to the next segment not counted).</summary>
    public int End => Offset + Length;

    /// <summary>Buffers are merged by the server, not stepped by the optimizer.</summary>
    public bool IsBuffer => IsMoments || Kind == SegmentKind.PowerVector;

    /// <summary>True when ranks push (mean, biased variance) pairs for it.</summary>
    public bool IsMoments => Kind is SegmentKind.Statistics or SegmentKind.Deviations or SegmentKind.Features;
}

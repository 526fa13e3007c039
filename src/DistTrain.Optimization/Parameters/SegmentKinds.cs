namespace DistTrain.Optimization.Parameters;

/// <summary>A set of segment kinds.</summary>
public readonly record struct SegmentKinds
{
    private readonly int _bits;

    private SegmentKinds(int bits) => _bits = bits;

    /// <summary>All trainable kinds except those named (job-file names: weight, bias, norm).</summary>
    public static SegmentKinds AllBut(IEnumerable<string> names)
    {
        var bits = Bit(SegmentKind.Weight) | Bit(SegmentKind.Bias) | Bit(SegmentKind.Norm);
        foreach (var name in names)
            bits &= ~Bit(Enum.Parse<SegmentKind>(name, ignoreCase: true));
        return new SegmentKinds(bits);
    }

    public bool Contains(SegmentKind kind) => (_bits & Bit(kind)) != 0;

    private static int Bit(SegmentKind kind) => 1 << (int)kind;
}

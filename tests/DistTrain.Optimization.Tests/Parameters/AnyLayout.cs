using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

/// <summary>Layouts of up to eight small tensors, buffers last, with small buckets that cut them.</summary>
internal static class AnyLayout
{
    private static readonly Gen<Initialization> _initial =
        from kind in Gen.Enum<InitializationKind>()
        from scale in Gen.Double[0, 2]
        select new Initialization(kind, scale);

    private static readonly Gen<(int[] Shape, SegmentKind Kind, Initialization Initial)> _trainable =
        from shape in Gen.Int[1, 7].Array[0, 3]
        from kind in Gen.Int[0, 2].Select(kind => (SegmentKind)kind)
        from initial in _initial
        select (shape, kind, initial);

    private static readonly Gen<(int[] Shape, SegmentKind Kind, Initialization Initial)> _buffer =
        from channels in Gen.Int[1, 40]
        from kind in Gen.OneOf(SegmentKind.Statistics, SegmentKind.Deviations, SegmentKind.PowerVector)
        from initial in _initial
        select (kind == SegmentKind.PowerVector ? [channels] : new[] { channels, 2 }, kind, initial);

    public static Gen<ParameterLayout> Alone { get; } =
        from trainable in _trainable.List[1, 6]
        from buffers in _buffer.List[0, 2]
        from bucket in Gen.Int[1, 6]
        select ParameterLayout.Of(
            trainable.Concat(buffers).Select((t, i) => new Segment(Name(t.Kind, i), t.Kind, t.Shape, 0, t.Initial, IsMoments(t.Kind) ? 9 : 0)),
            bucket * ParameterLayout.Alignment);

    /// <summary>A layout and a vector of any bits, NaN included, 0 in the padding.</summary>
    public static Gen<(ParameterLayout Layout, float[] Vector)> WithVector { get; } =
        from layout in Alone
        from bits in Gen.UInt.Array[layout.Length]
        select (layout, Masked(layout, bits));

    private static bool IsMoments(SegmentKind kind) => kind is SegmentKind.Statistics or SegmentKind.Deviations;

    private static string Name(SegmentKind kind, int index) => IsMoments(kind) ? $"norm{index}.statistics" : $"layer{index}.{kind}";

    private static float[] Masked(ParameterLayout layout, uint[] bits)
    {
        var vector = new float[layout.Length];
        foreach (var segment in layout.Segments)
        {
            for (var i = segment.Offset; i < segment.End; i++)
                vector[i] = BitConverter.UInt32BitsToSingle(bits[i]);
        }

        return vector;
    }
}

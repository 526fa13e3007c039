using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

[Trait("Kind", "Fast")]
public sealed class WeightsHashTests
{
    [Fact]
    public void It_is_the_digest_of_all_values_in_order() => AnyLayout.WithVector.Sample((layout, vector) =>
    {
        var bytes = layout.Segments.SelectMany(segment => vector[segment.Offset..segment.End]).SelectMany(value =>
        {
            var four = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(four, BitConverter.SingleToUInt32Bits(value));
            return four;
        });
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())), WeightsHash.Compute(layout, vector));
    });

    [Fact]
    public void Padding_does_not_count_and_every_value_does() =>
        Gen.Select(AnyLayout.WithVector, Gen.Int[0, 5000]).Sample((pair, at) =>
        {
            var (layout, vector) = pair;
            var before = WeightsHash.Compute(layout, vector);
            var index = at % layout.Length;
            vector[index] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(vector[index]) ^ 1);
            var isValue = layout.Segments.Any(segment => index >= segment.Offset && index < segment.End);
            Assert.Equal(isValue, !string.Equals(before, WeightsHash.Compute(layout, vector), StringComparison.Ordinal));
        });

    [Fact]
    public void Another_length_is_refused()
    {
        var layout = ParameterLayout.Of([new Segment("w", SegmentKind.Weight, [3], 0, default)]);
        Assert.Throws<ArgumentException>(() => WeightsHash.Compute(layout, new float[3]));
    }
}

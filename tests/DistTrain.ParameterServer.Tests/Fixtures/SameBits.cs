using System.Runtime.InteropServices;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>Equality of floats down to the last bit: 0 is not −0, a NaN is itself.</summary>
public static class SameBits
{
    public static void Check(float[] expected, float[] actual) => Check(expected.AsSpan(), actual.AsSpan());

    public static void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.Equal(MemoryMarshal.Cast<float, uint>(expected).ToArray(), MemoryMarshal.Cast<float, uint>(actual).ToArray());
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Torch.Data.Examples;

/// <summary>Bytes 0..255 to floats 0..1. On the road of every step, so sixteen pixels at a time.</summary>
internal static class PixelScale
{
    /// <summary>destination[i] = pixels[i] / 255, correctly rounded: the same bits on any processor, with vectors and without.</summary>
    /// <param name="pixels">[n].</param>
    /// <param name="destination">At least [n].</param>
    public static void Apply(ReadOnlySpan<byte> pixels, Span<float> destination)
    {
        destination = destination[..pixels.Length];
        ref var source = ref MemoryMarshal.GetReference(pixels);
        ref var target = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= pixels.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var words = Vector256.Create(
                Vector128.WidenLower(Vector128.LoadUnsafe(ref source, (nuint)i)),
                Vector128.WidenUpper(Vector128.LoadUnsafe(ref source, (nuint)i)));
            Scale(Vector256.WidenLower(words)).StoreUnsafe(ref target, (nuint)i);
            Scale(Vector256.WidenUpper(words)).StoreUnsafe(ref target, (nuint)i + 8);
        }

        for (; i < pixels.Length; i++)
            destination[i] = pixels[i] / 255f;
    }

    // A division, not a product with 1/255: that constant is rounded, and 255 would not give exactly 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scale(Vector256<uint> pixels) =>
        Vector256.ConvertToSingle(pixels.AsInt32()) / Vector256.Create(255f);
}

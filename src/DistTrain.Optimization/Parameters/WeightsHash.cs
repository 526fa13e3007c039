using System.Security.Cryptography;

namespace DistTrain.Optimization.Parameters;

/// <summary>The fingerprint of a model: equal for two runs exactly when every bit of every parameter and buffer is equal.</summary>
public static class WeightsHash
{
    /// <summary>SHA-256 over the segments' values as little-endian float32 in layout order, padding left out.</summary>
    /// <param name="layout">Where the segments lie.</param>
    /// <param name="vector">The flat vector, [layout.Length].</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">The vector is not of the layout's length.</exception>
    public static string Compute(ParameterLayout layout, ReadOnlySpan<float> vector)
    {
        if (vector.Length != layout.Length)
            throw new ArgumentException($"the vector has {vector.Length} elements, the layout {layout.Length}", nameof(vector));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in layout.Segments)
            LittleEndian.Write(vector.Slice(segment.Offset, segment.Length), hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>The fingerprint of a probe: equal for two of them exactly when every bit of all that they found is equal.</summary>
public static class FindingsDigest
{
    /// <summary>
    /// SHA-256 over, little-endian: loss and gradient norm, α and β of each recursion in turn (float64; all eigenvalues, residuals, shares and traces
    /// follow from them), then the vectors of θ_min and θ_max in the type of the products, by segment in layout order without padding, then the losses of each
    /// box's points (float64).
    /// </summary>
    /// <param name="layout">The whole vector's.</param>
    /// <param name="loss">Mean over the examples.</param>
    /// <param name="gradientNorm">‖g‖.</param>
    /// <param name="state">Of a probe that is done and holds the whole vector.</param>
    /// <param name="losses">Of each box; empty: none was looked at.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of<T>(ParameterLayout layout, double loss, double gradientNorm, CurvatureProbeState<T> state, IEnumerable<IReadOnlyList<double>> losses)
        where T : unmanaged
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, [loss, gradientNorm]);
        foreach (var (alphas, betas) in state.Finished)
        {
            Append(hash, [.. alphas]);
            Append(hash, [.. betas]);
        }

        foreach (var vector in new[] { state.SmallestVector, state.LargestVector })
        {
            foreach (var segment in layout.Segments.Where(segment => !segment.IsBuffer))
                hash.AppendData(MemoryMarshal.AsBytes(vector!.Value.Span.Slice(segment.Offset, segment.Length)));
        }

        foreach (var box in losses)
            Append(hash, [.. box]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Little-endian, as every processor that libtorch runs on.
    private static void Append(IncrementalHash hash, ReadOnlySpan<double> values) => hash.AppendData(MemoryMarshal.AsBytes(values));
}

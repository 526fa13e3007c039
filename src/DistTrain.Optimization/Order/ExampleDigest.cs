using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Optimization.Order;

/// <summary>
/// What a rank used in a step, in 64 bits: the first eight bytes of SHA-256 over the indices of its examples, in order, as little-endian int32
/// (libtorch runs on no other). Different examples have the same digest by chance once in 2^64. Adding and taking allocate nothing.
/// </summary>
public sealed class ExampleDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The digest of these examples; as hexadecimal digits, those that sha256sum prints first.</summary>
    public static ulong Of(ReadOnlySpan<int> examples)
    {
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(examples), whole);
        return BinaryPrimitives.ReadUInt64BigEndian(whole);
    }

    /// <summary>Appends examples to those before.</summary>
    public void Add(ReadOnlySpan<int> examples) => _hash.AppendData(MemoryMarshal.AsBytes(examples));

    /// <summary>The digest of all that was added since the last one.</summary>
    public ulong Take()
    {
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(whole);
        return BinaryPrimitives.ReadUInt64BigEndian(whole);
    }

    public void Dispose() => _hash.Dispose();
}

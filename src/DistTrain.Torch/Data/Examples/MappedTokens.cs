using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// The tokens of a file that may be larger than memory: what is read of it the system keeps as long as it has room. They stand one behind the other, in
/// little-endian order, as libtorch's processors have them. The file is to stay as it is while somebody trains on it.
/// </summary>
/// <typeparam name="T">ushort or uint.</typeparam>
internal sealed class MappedTokens<T> : TokenText
    where T : unmanaged, IBinaryInteger<T>
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte[] _digest;

    /// <param name="path">The file; not empty.</param>
    /// <param name="digest">SHA-256 of it.</param>
    /// <exception cref="IOException">It can't be mapped.</exception>
    public MappedTokens(string path, byte[] digest)
    {
        Length = new FileInfo(path).Length / Unsafe.SizeOf<T>();
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _digest = digest;
    }

    public override long Length { get; }

    public override void Copy(long from, Span<int> to)
    {
        var rented = ArrayPool<T>.Shared.Rent(to.Length);
        var run = rented.AsSpan(0, to.Length);
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(from * Unsafe.SizeOf<T>()), run);
        for (var i = 0; i < run.Length; i++)
            to[i] = int.CreateTruncating(run[i]);
        ArrayPool<T>.Shared.Return(rented);
    }

    /// <summary>The file's digest: it was taken when the file was read whole, and not all of it is read again.</summary>
    public override void AppendTo(IncrementalHash hash) => hash.AppendData(_digest);
}

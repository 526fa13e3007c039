using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Files;

/// <summary>A file that is read once, from front to back: what its reader sees is what the digest is of.</summary>
/// <param name="file">The file; disposed with this.</param>
/// <param name="done">Receives the SHA-256, lower-case hex, of the whole file when it is closed.</param>
internal sealed class DigestStream(Stream file, Action<string> done) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _closed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position { get => file.Position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var count = file.Read(buffer);
        _hash.AppendData(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            // A packed file may have something behind its contents.
            Span<byte> rest = stackalloc byte[1024];
            while (Read(rest) > 0)
            {
            }

            done(Convert.ToHexStringLower(_hash.GetHashAndReset()));
            _hash.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}

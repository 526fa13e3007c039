using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DistTrain.Optimization.Parameters;

/// <summary>
/// A model as one flat float vector with named segments: trainable parameters first, then buffers. Gradients, parameter
/// versions and optimizer slots share this shape. Immutable; its <see cref="Hash"/> travels with each stream.
/// </summary>
public sealed class ParameterLayout
{
    /// <summary>Segments start at multiples of this many elements: 64 bytes of float32, one cache line.</summary>
    public const int Alignment = 16;

    /// <summary>Elements in a bucket: 0.5 MiB of float32, the fastest message size measured (docs/decisions.md).</summary>
    public const int DefaultBucketLength = 131_072;

    private ParameterLayout(IReadOnlyList<Segment> segments, int bucketLength)
    {
        Segments = segments;
        BucketLength = bucketLength;
        Length = segments.Count == 0 ? 0 : Align(segments[^1].End);
        TrainableLength = segments.Where(s => !s.IsBuffer).Select(s => Align(s.End)).DefaultIfEmpty(0).Max();
        Buckets = [.. CutIntoBuckets()];
        Hash = ComputeHash();
    }

    /// <summary>Segments in order of offset.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Buckets in order; all have <see cref="BucketLength"/> elements but the last.</summary>
    public IReadOnlyList<Bucket> Buckets { get; }

    /// <summary>Number of pieces in all buckets.</summary>
    public int PieceCount => Buckets.Sum(b => b.Pieces.Length);

    /// <summary>Elements in a full bucket, a multiple of <see cref="Alignment"/>.</summary>
    public int BucketLength { get; }

    /// <summary>Elements of the flat vector, padding included.</summary>
    public int Length { get; }

    /// <summary>Elements before the first buffer, padding included.</summary>
    public int TrainableLength { get; }

    /// <summary>Trainable parameters, padding not counted.</summary>
    public long ParameterCount => Segments.Where(s => !s.IsBuffer).Sum(s => (long)s.Length);

    /// <summary>SHA-256 over names, kinds, shapes, offsets, initializations and the bucket length, in lower-case hex.</summary>
    public string Hash { get; }

    /// <summary>Lays tensors out in the given order, each on a 64-byte boundary.</summary>
    /// <param name="tensors">Trainable tensors first, then buffers; offsets are assigned here.</param>
    /// <param name="bucketLength">Elements in a bucket, a multiple of <see cref="Alignment"/>.</param>
    /// <exception cref="ArgumentException">A name stands twice, a buffer stands before a trainable tensor, or the bucket length is not aligned.</exception>
    public static ParameterLayout Of(IEnumerable<Segment> tensors, int bucketLength = DefaultBucketLength)
    {
        if (bucketLength <= 0 || bucketLength % Alignment != 0)
            throw new ArgumentException($"bucket length {bucketLength} is not a positive multiple of {Alignment}", nameof(bucketLength));

        var segments = new List<Segment>();
        var names = new HashSet<string>();
        var offset = 0;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"two tensors are named '{tensor.Name}'", nameof(tensors));
            if (!tensor.IsBuffer && segments.Count > 0 && segments[^1].IsBuffer)
                throw new ArgumentException($"trainable tensor '{tensor.Name}' stands behind a buffer", nameof(tensors));
            var placed = tensor with { Offset = offset };
            segments.Add(placed);
            offset = Align(placed.End);
        }

        return new ParameterLayout(segments, bucketLength);
    }

    /// <summary>The run of buckets that server <paramref name="server"/> of <paramref name="servers"/> owns.</summary>
    public Range BucketsOf(int server, int servers) =>
        (int)((long)Buckets.Count * server / servers)..(int)((long)Buckets.Count * (server + 1) / servers);

    private static int Align(int offset) => checked((offset + Alignment - 1) / Alignment * Alignment);

    private IEnumerable<Bucket> CutIntoBuckets()
    {
        var pieces = 0;
        for (int index = 0, first = 0; first < Length; index++, first += BucketLength)
        {
            var length = Math.Min(BucketLength, Length - first);
            var bucket = new Bucket(index, first, length, [.. PiecesOf(first, first + length, pieces)]);
            pieces += bucket.Pieces.Length;
            yield return bucket;
        }
    }

    private IEnumerable<Piece> PiecesOf(int first, int end, int index)
    {
        foreach (var segment in Segments)
        {
            var from = Math.Max(first, segment.Offset);
            var to = Math.Min(end, segment.End);
            if (from < to)
                yield return new Piece(segment, from, to - from, index++);
        }
    }

    private string ComputeHash()
    {
        var text = new StringBuilder();
        text.Append(BucketLength).Append('\n');
        foreach (var s in Segments)
        {
            text.Append(s.Name).Append(' ').Append(s.Kind).Append(" [").AppendJoin(',', s.Shape).Append("] ").Append(s.Offset).Append(' ')
                .Append(s.Initial.Kind).Append(' ').Append(s.Initial.Scale.ToString("R", CultureInfo.InvariantCulture)).Append(' ').Append(s.PositionsPerExample).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

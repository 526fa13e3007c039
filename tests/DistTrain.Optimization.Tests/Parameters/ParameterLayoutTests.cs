using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

[Trait("Kind", "Fast")]
public sealed class ParameterLayoutTests
{
    [Fact]
    public void Segments_are_aligned_apart_and_in_order() => AnyLayout.Alone.Sample(layout =>
    {
        Assert.All(layout.Segments, segment => Assert.Equal(0, segment.Offset % ParameterLayout.Alignment));
        foreach (var (before, after) in layout.Segments.Zip(layout.Segments.Skip(1)))
            Assert.InRange(after.Offset, before.End, before.End + ParameterLayout.Alignment - 1);
        Assert.InRange(layout.Length, layout.Segments[^1].End, layout.Segments[^1].End + ParameterLayout.Alignment - 1);
        Assert.Equal(layout.Segments.Where(s => s.IsBuffer).Select(s => s.Offset).FirstOrDefault(layout.Length), layout.TrainableLength);
    });

    [Fact]
    public void Buckets_cover_the_vector_exactly_once() => AnyLayout.Alone.Sample(layout =>
    {
        var end = 0;
        foreach (var (bucket, index) in layout.Buckets.Select((bucket, index) => (bucket, index)))
        {
            Assert.Equal((index, end), (bucket.Index, bucket.Offset));
            Assert.InRange(bucket.Length, 1, layout.BucketLength);
            end += bucket.Length;
        }

        Assert.Equal(layout.Length, end);
        Assert.All(layout.Buckets.SkipLast(1), bucket => Assert.Equal(layout.BucketLength, bucket.Length));
    });

    [Fact]
    public void Pieces_cover_every_segment_exactly_once_and_no_padding() => AnyLayout.Alone.Sample(layout =>
    {
        var times = new int[layout.Length];
        foreach (var bucket in layout.Buckets)
        {
            foreach (var piece in bucket.Pieces)
            {
                Assert.InRange(piece.Offset, Math.Max(bucket.Offset, piece.Segment.Offset), int.MaxValue);
                Assert.InRange(piece.Offset + piece.Length, 1, Math.Min(bucket.Offset + bucket.Length, piece.Segment.End));
                foreach (ref var time in times.AsSpan(piece.Offset, piece.Length))
                    time++;
            }
        }

        var expected = new int[layout.Length];
        foreach (var segment in layout.Segments)
            expected.AsSpan(segment.Offset, segment.Length).Fill(1);
        Assert.Equal(expected, times);
    });

    [Fact]
    public void Every_number_of_servers_owns_every_bucket_once() =>
        Gen.Select(AnyLayout.Alone, Gen.Int[1, 12]).Sample((layout, servers) =>
        {
            var all = Enumerable.Range(0, layout.Buckets.Count).ToArray();
            Assert.Equal(all, Enumerable.Range(0, servers).SelectMany(server => all[layout.BucketsOf(server, servers)]));
            var sizes = Enumerable.Range(0, servers).Select(server => all[layout.BucketsOf(server, servers)].Length).ToList();
            Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        });

    [Fact]
    public void A_pair_of_statistics_is_never_cut() => AnyLayout.Alone.Sample(layout =>
    {
        var pieces = layout.Buckets.SelectMany(bucket => bucket.Pieces).Where(piece => piece.Segment.Kind == SegmentKind.Statistics);
        Assert.All(pieces, piece => Assert.Equal((0, 0), ((piece.Offset - piece.Segment.Offset) % 2, piece.Length % 2)));
    });

    [Fact]
    public void The_hash_changes_with_every_change() => AnyLayout.Alone.Sample(layout =>
    {
        var tensors = layout.Segments.ToList();
        ParameterLayout First(Segment changed) => ParameterLayout.Of(tensors.Skip(1).Prepend(changed), layout.BucketLength);
        var first = tensors[0];
        var otherKind = first.Kind == SegmentKind.Weight ? SegmentKind.Bias : SegmentKind.Weight;
        ParameterLayout[] others =
        [
            First(first with { Name = first.Name + "x" }),
            First(first with { Kind = otherKind }),
            First(new Segment(first.Name, first.Kind, [.. first.Shape, 1], 0, first.Initial)),
            First(first with { Initial = first.Initial with { Scale = Math.BitIncrement(first.Initial.Scale) } }),
            First(first with { Initial = first.Initial with { Kind = (InitializationKind)(((int)first.Initial.Kind + 1) % 4) } }),
            First(first with { PositionsPerExample = 1 }),
            ParameterLayout.Of(tensors, layout.BucketLength + ParameterLayout.Alignment),
            ParameterLayout.Of(tensors.Append(new Segment("more.statistics", SegmentKind.Statistics, [1, 2], 0, default)), layout.BucketLength),
        ];
        Assert.Equal(layout.Hash, ParameterLayout.Of(tensors, layout.BucketLength).Hash);
        Assert.Equal(others.Length + 1, others.Append(layout).Select(other => other.Hash).Distinct().Count());
    });

    [Fact]
    public void Impossible_layouts_are_refused()
    {
        var weight = new Segment("w", SegmentKind.Weight, [3], 0, default);
        var statistics = new Segment("s", SegmentKind.Statistics, [3, 2], 0, default);
        Assert.Throws<ArgumentException>(() => ParameterLayout.Of([weight, weight]));
        Assert.Throws<ArgumentException>(() => ParameterLayout.Of([statistics, weight]));
        Assert.Throws<ArgumentException>(() => ParameterLayout.Of([weight], bucketLength: 17));
        Assert.Throws<ArgumentException>(() => ParameterLayout.Of([weight], bucketLength: 0));
    }
}

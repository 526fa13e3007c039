using System.Buffers;
using CsCheck;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Gradients;

[Trait("Kind", "Fast")]
public class BucketSumTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
    [
        new("w", SegmentKind.Weight, [5, 7], 0, Initialization.FanIn(7)),
        new("norm.statistics", SegmentKind.Statistics, [3, 2], 0, new(InitializationKind.Statistics), PositionsPerExample: 4),
        new("renorm.statistics", SegmentKind.Deviations, [3, 2], 0, new(InitializationKind.Statistics), PositionsPerExample: 4),
        new("w.vector", SegmentKind.PowerVector, [5], 0, new(InitializationKind.UnitVector)),
    ]);

    [Fact]
    public void The_sum_has_the_same_bits_in_any_order_of_arrival() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[0, 1_000_000]).SelectMany(p => Gen.Select(
            Gen.Const(p.Item1),
            Gen.Float[-1e3f, 1e3f].Array[p.Item1 * Layout.Length],
            Gen.Int[0, 40].Array[p.Item1],
            Gen.Shuffle(Enumerable.Range(0, p.Item1).ToArray())))
        .Sample((ranks, values, examples, order) =>
        {
            var inOrder = Sum(ranks, values, examples, Enumerable.Range(0, ranks));
            Assert.Equal(inOrder, Sum(ranks, values, examples, order));
        });

    [Fact]
    public void Ranks_without_examples_do_not_spoil_a_power_vector() =>
        Gen.Select(Gen.Float[-1, 1].Array[5], Gen.Bool.Array[1, 12]).Where((_, has) => has.Contains(true)).Sample((vector, hasExamples) =>
        {
            var segment = Layout.Segments.Single(s => s.Kind == SegmentKind.PowerVector);
            var values = new float[hasExamples.Length * Layout.Length];
            foreach (var (rank, _) in hasExamples.Index().Where(rank => rank.Item))
                vector.CopyTo(values, (rank * Layout.Length) + segment.Offset);
            var examples = hasExamples.Select(has => has ? 3 : 0).ToArray();
            Assert.Equal(vector, Sum(hasExamples.Length, values, examples, Enumerable.Range(0, hasExamples.Length)).AsSpan(segment.Offset, 5).ToArray());
        });

    /// <summary>Chunks in arrays that become the sum's own, and chunks that are others' and are only read, in any mixture and order, over two steps.</summary>
    [Fact]
    public void Where_chunks_lie_changes_no_bit_and_others_memory_stays_as_it_is() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[0, 1_000_000]).SelectMany(p => Gen.Select(
            Gen.Const(p.Item1),
            Gen.Float[-1e3f, 1e3f].Array[p.Item1 * Layout.Length],
            Gen.Bool.Array[p.Item1],
            Gen.Shuffle(Enumerable.Range(0, p.Item1).ToArray())))
        .Sample((ranks, values, borrowed, order) =>
        {
            var examples = Enumerable.Range(1, ranks).ToArray();
            var expected = Sum(ranks, values, examples, Enumerable.Range(0, ranks));
            var sum = new BucketSum(new RankTree(ranks), Layout.Buckets[0]);
            for (var step = 0; step < 2; step++)
            {
                var others = values.ToArray();
                foreach (var rank in order)
                {
                    var chunk = others.AsMemory(rank * Layout.Length, Layout.Length);
                    _ = borrowed[rank] ? sum.Add(rank, examples[rank], chunk) : sum.Add(rank, examples[rank], Rented(chunk.Span));
                }

                foreach (var piece in Layout.Buckets[0].Pieces)
                    Assert.Equal(expected[piece.Offset..(piece.Offset + piece.Length)], sum.Total.Slice(piece.Offset, piece.Length).ToArray());
                Assert.Equal(values, others);
                sum.Reset();
            }
        });

    /// <summary>Taken block by block while ranks are added, or in a pass of its own over the only rank's chunk: pieces of no block, of some, and of a part of one.</summary>
    [Fact]
    public void Squares_of_the_sum_are_those_of_its_pieces_to_the_bit()
    {
        var layout = ParameterLayout.Of(
        [
            new("short", SegmentKind.Weight, [5], 0, Initialization.FanIn(7)),
            new("half", SegmentKind.Weight, [2048], 0, Initialization.FanIn(7)),
            new("block", SegmentKind.Weight, [4096], 0, Initialization.FanIn(7)),
            new("blocks", SegmentKind.Weight, [10_003], 0, Initialization.FanIn(7)),
            new("statistics", SegmentKind.Statistics, [3, 2], 0, new(InitializationKind.Statistics), PositionsPerExample: 4),
        ]);
        var bucket = Assert.Single(layout.Buckets);
        var random = new Random(5);
        for (var ranks = 1; ranks <= 9; ranks++)
        {
            var sum = new BucketSum(new RankTree(ranks), bucket);
            for (var step = 0; step < 2; step++)
            {
                for (var rank = 0; rank < ranks; rank++)
                    sum.Add(rank, 1, Enumerable.Range(0, layout.Length).Select(_ => random.NextSingle() - 0.5f).ToArray().AsMemory());
                for (var index = 0; index < bucket.Pieces.Length; index++)
                {
                    var piece = bucket.Pieces[index];
                    Assert.Equal(piece.Segment.IsBuffer ? 0 : SquaredNorm.Of(sum.Total.Slice(piece.Offset, piece.Length)), sum.PieceSquares[index]);
                }

                sum.Reset();
            }
        }
    }

    [Fact]
    public void A_chunk_that_arrives_twice_counts_once()
    {
        var sum = new BucketSum(new RankTree(2), Layout.Buckets[0]);
        Assert.Equal(Arrival.Pending, sum.Add(0, 1, Filled(1)));
        Assert.Equal(Arrival.Duplicate, sum.Add(0, 1, Filled(100)));
        Assert.Equal(Arrival.Complete, sum.Add(1, 1, Filled(2)));
        Assert.Equal(3, sum.Total[0]);
        Assert.Equal(Arrival.Duplicate, sum.Add(1, 1, Filled(100)));
        Assert.Equal(3, sum.Total[0]);
    }

    [Fact]
    public void After_a_reset_nothing_is_left_of_the_step_before()
    {
        var sum = new BucketSum(new RankTree(2), Layout.Buckets[0]);
        sum.Add(0, 1, Filled(1));
        sum.Reset();
        Assert.False(sum.Has(0));
        sum.Add(1, 1, Filled(5));
        Assert.Equal(Arrival.Complete, sum.Add(0, 1, Filled(7)));
        Assert.Equal(12, sum.Total[0]);
    }

    private static float[] Sum(int ranks, float[] values, int[] examples, IEnumerable<int> order)
    {
        var sum = new BucketSum(new RankTree(ranks), Layout.Buckets[0]);
        var last = Arrival.Pending;
        foreach (var rank in order)
        {
            last = sum.Add(rank, examples[rank], Rented(values.AsSpan(rank * Layout.Length, Layout.Length)));
        }

        Assert.Equal(Arrival.Complete, last);
        var total = sum.Total.ToArray();
        sum.Reset();
        return total;
    }

    private static float[] Rented(ReadOnlySpan<float> values)
    {
        var chunk = ArrayPool<float>.Shared.Rent(Layout.Length);
        values.CopyTo(chunk);
        return chunk;
    }

    private static float[] Filled(float value)
    {
        var chunk = ArrayPool<float>.Shared.Rent(Layout.Length);
        chunk.AsSpan().Fill(value);
        return chunk;
    }
}

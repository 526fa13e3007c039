using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class RankSumTests
{
    /// <summary>What servers add bucket by bucket and a single process adds as whole vectors are the same bits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(12)]
    public void Whole_vectors_add_up_to_the_bits_of_the_servers_buckets(int ranks)
    {
        var (layout, part) = (HessianReference.Net, new VectorPart(HessianReference.Net, ..));
        float[][] vectors = [.. Enumerable.Range(0, ranks).Select(rank => DenseMatrix.Direction<float>(part, seed: rank, probe: 0, kind: ProbeDirectionKind.Gauss))];
        var expected = new float[part.Length];
        foreach (var bucket in layout.Buckets)
        {
            var sum = new BucketSum(new RankTree(ranks), bucket);
            for (var rank = ranks - 1; rank >= 0; rank--)
                sum.Add(rank, examples: 1, [.. vectors[rank].AsSpan(bucket.Offset, bucket.Length)]);
            sum.Total.CopyTo(expected.AsSpan(bucket.Offset));
        }

        Assert.Equal(expected, RankSum.Of(vectors));
    }
}

using DistTrain.Page.Data;

namespace DistTrain.Page.Tests.Data;

[Trait("Kind", "Fast")]
public class BucketsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(15, 2)]
    [InlineData(16, 4)]
    [InlineData(1000, 128)]
    public void All_entries_are_in_buckets_of_one_width_in_order(int entries, long width)
    {
        var buckets = Of(entries);
        List<List<int>> all = [.. buckets.All];
        Assert.Equal(Enumerable.Range(0, entries), all.SelectMany(bucket => bucket));
        Assert.Equal(width, buckets.Width);
        Assert.All(all.SkipLast(1), bucket => Assert.Equal(width, bucket.Count));
        Assert.InRange(all.Count, entries < 8 ? entries : 4, 8);
    }

    private static Buckets<List<int>> Of(int entries)
    {
        var buckets = new Buckets<List<int>>(8, (a, b) => [.. a, .. b]);
        for (var entry = 0; entry < entries; entry++)
            buckets.Add([entry]);
        return buckets;
    }
}

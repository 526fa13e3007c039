using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Ranks;

/// <summary>What an exchange cost is what was added.</summary>
[Trait("Kind", "Fast")]
public sealed class MomentTrafficTests
{
    [Fact]
    public void Nothing_exchanged_took_no_time() => Assert.Equal(0, new MomentTraffic().Quantile(0.5));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 5)]
    [InlineData(0.51, 6)]
    [InlineData(0.99, 10)]
    [InlineData(1, 10)]
    public void A_quantile_is_the_nearest_rank(double share, double expected)
    {
        var traffic = new MomentTraffic();
        foreach (var milliseconds in new[] { 3, 1, 2, 10, 9, 8, 7, 6, 5, 4 })
            traffic.Add(TimeSpan.FromMilliseconds(milliseconds), sent: 100, received: 10);

        Assert.Equal(expected, traffic.Quantile(share));
        Assert.Equal((10, 1000, 100), (traffic.Count, traffic.Sent, traffic.Received));
    }

    [Fact]
    public void Of_many_the_last_ones_count()
    {
        var traffic = new MomentTraffic();
        foreach (var milliseconds in Enumerable.Repeat(50, 1000).Concat(Enumerable.Repeat(2, 4096)))
            traffic.Add(TimeSpan.FromMilliseconds(milliseconds), 1, 1);

        Assert.Equal(2, traffic.Quantile(1));
        Assert.Equal(5096, traffic.Count);
    }
}

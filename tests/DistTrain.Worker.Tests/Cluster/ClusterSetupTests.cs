using Orleans.Core.Internal;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Real silos in a cluster that has no first among equals.</summary>
[Trait("Kind", "Fast")]
public sealed class ClusterSetupTests
{
    [Fact]
    public async Task The_cluster_goes_on_when_the_silo_that_started_first_stops()
    {
        await using var silos = new SiloGroup();
        var first = await silos.StartAsync("first");
        var second = await silos.StartAsync("second");
        await SiloGroup.SeenAsync(first, "first", "second");
        await SiloGroup.SeenAsync(second, "first", "second");

        foreach (var rank in SiloGroup.Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        var places = await SiloGroup.PlacesAsync(first);
        Assert.Equal(places, await SiloGroup.PlacesAsync(second));
        Assert.Equal(2, places.Count(place => place == "first"));
        Assert.Equal(2, places.Count(place => place == "second"));

        await silos.StopAsync(first);
        foreach (var rank in SiloGroup.Ranks)
        {
            await Waiting.UntilAsync(() => second.Grain(rank).SiloAsync(), silo => silo == "second", $"{rank} on the second silo", mayThrow: true);
            Assert.Equal(2, await second.Grain(rank).CountAsync());
        }

        var third = await silos.StartAsync("third");
        await SiloGroup.SeenAsync(third, "second", "third");
        Assert.Equal(3, await third.Grain(SiloGroup.Ranks[0]).CountAsync());
        Assert.Empty(silos.Errors);
    }

    [Fact]
    public async Task Ranks_move_to_a_silo_that_joins_when_asked_to()
    {
        await using var silos = new SiloGroup();
        var first = await silos.StartAsync("first");
        foreach (var rank in SiloGroup.Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        Assert.All(await SiloGroup.PlacesAsync(first), place => Assert.Equal("first", place));

        var second = await silos.StartAsync("second");
        await SiloGroup.SeenAsync(first, "first", "second");
        foreach (var rank in SiloGroup.Ranks)
            await first.Grain(rank).AsReference<IGrainManagementExtension>().MigrateOnIdle();
        await Waiting.UntilAsync(
            () => SiloGroup.PlacesAsync(second), places => places.Count(place => place == "second") == 2, "two ranks on the second silo", mayThrow: true);
        foreach (var rank in SiloGroup.Ranks)
            Assert.Equal(2, await second.Grain(rank).CountAsync());
        Assert.Empty(silos.Errors);
    }
}

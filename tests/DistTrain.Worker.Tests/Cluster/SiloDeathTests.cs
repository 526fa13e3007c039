using DistTrain.Tests.Processes;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Silos that are killed, each in a process of its own.</summary>
[Trait("Kind", "Process")]
public sealed class SiloDeathTests
{
    private static readonly TimeSpan _seconds = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_silo_that_is_killed_is_noticed_in_seconds_and_its_ranks_come_back()
    {
        await using var silos = new SiloGroup();
        var first = await silos.StartAsync("first");
        using var second = ChildProcess.Start(SiloProcess.Role, "second", silos.File);
        Assert.Equal("ready", await second.ReadLineAsync());
        await SiloGroup.SeenAsync(first, "first", "second");
        foreach (var rank in SiloGroup.Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        Assert.Contains("second", await SiloGroup.PlacesAsync(first));

        second.Kill();
        foreach (var rank in SiloGroup.Ranks)
            await Waiting.UntilAsync(() => first.Grain(rank).CountAsync(), count => count >= 2, $"{rank} answers again", _seconds, mayThrow: true);
        Assert.All(await SiloGroup.PlacesAsync(first), place => Assert.Equal("first", place));
    }

    /// <summary>Whoever it is that knows where they live.</summary>
    [Fact]
    public async Task A_silo_that_is_killed_or_leaves_disturbs_no_rank_of_the_others()
    {
        await using var silos = new SiloGroup();
        var first = await silos.StartAsync("first");
        using var second = ChildProcess.Start(SiloProcess.Role, "second", silos.File);
        Assert.Equal("ready", await second.ReadLineAsync());
        var third = await silos.StartAsync("third");
        await SiloGroup.SeenAsync(first, "first", "second", "third");
        RankKey[] ranks = [.. Enumerable.Range(0, 60).Select(rank => new RankKey("large", rank))];
        var stay = new Dictionary<RankKey, Guid>();
        foreach (var rank in ranks)
        {
            if (await first.Grain(rank).SiloAsync() == "first")
                stay[rank] = await first.Grain(rank).LifeAsync();
        }

        Assert.Equal(20, stay.Count);
        second.Kill();
        await SiloGroup.SeenAsync(first, "first", "third");
        await silos.StopAsync(third);
        await SiloGroup.SeenAsync(first, "first");
        foreach (var rank in ranks)
            await Waiting.UntilAsync(() => first.Grain(rank).SiloAsync(), silo => silo == "first", $"{rank} on the first silo", _seconds, mayThrow: true);
        foreach (var (rank, life) in stay)
            Assert.Equal(life, await first.Grain(rank).LifeAsync());
    }
}

using DistTrain.Worker.Cluster;
using DistTrain.Worker.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Core.Internal;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Real silos in a cluster that has no first among equals.</summary>
public sealed class ClusterSetupTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly RankKey[] Ranks = [.. Enumerable.Range(0, 4).Select(rank => new RankKey("job", rank))];

    private readonly TempFolder _folder = new();
    private readonly ErrorLog _errors = new();
    private readonly List<IHost> _running = [];

    private string File => _folder.File("cluster.db");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var host in _running.ToList())
                await StopAsync(host);
        }
        finally
        {
            _folder.Dispose();
            _errors.Dispose();
        }
    }

    [Fact]
    public async Task The_cluster_goes_on_when_the_silo_that_started_first_stops()
    {
        var first = await StartAsync("first");
        var second = await StartAsync("second");
        await SeenAsync(first, "first", "second");
        await SeenAsync(second, "first", "second");

        foreach (var rank in Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        var places = await PlacesAsync(first);
        Assert.Equal(places, await PlacesAsync(second));
        Assert.Equal(2, places.Count(place => place == "first"));
        Assert.Equal(2, places.Count(place => place == "second"));

        await StopAsync(first);
        foreach (var rank in Ranks)
        {
            await Eventually.HoldsAsync(() => second.Grain(rank).SiloAsync(), silo => silo == "second", Limit, $"{rank} on the second silo");
            Assert.Equal(2, await second.Grain(rank).CountAsync());
        }

        var third = await StartAsync("third");
        await SeenAsync(third, "second", "third");
        Assert.Equal(3, await third.Grain(Ranks[0]).CountAsync());
        Assert.Empty(_errors.Errors);
    }

    [Fact]
    public async Task Ranks_move_to_a_silo_that_joins_when_asked_to()
    {
        var first = await StartAsync("first");
        foreach (var rank in Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        Assert.All(await PlacesAsync(first), place => Assert.Equal("first", place));

        var second = await StartAsync("second");
        await SeenAsync(first, "first", "second");
        foreach (var rank in Ranks)
            await first.Grain(rank).AsReference<IGrainManagementExtension>().MigrateOnIdle();
        await Eventually.HoldsAsync(
            () => PlacesAsync(second), places => places.Count(place => place == "second") == 2, Limit, "two ranks on the second silo");
        foreach (var rank in Ranks)
            Assert.Equal(2, await second.Grain(rank).CountAsync());
        Assert.Empty(_errors.Errors);
    }

    [Fact]
    public async Task A_silo_that_is_killed_is_noticed_in_seconds_and_its_ranks_come_back()
    {
        var first = await StartAsync("first");
        using var second = ChildProcess.Start(SiloProcess.Role, "second", File);
        Assert.Equal("ready", await second.ReadLineAsync(Limit));
        await SeenAsync(first, "first", "second");
        foreach (var rank in Ranks)
            Assert.Equal(1, await first.Grain(rank).CountAsync());
        Assert.Contains("second", await PlacesAsync(first));

        second.Kill();
        foreach (var rank in Ranks)
            await Eventually.HoldsAsync(() => first.Grain(rank).CountAsync(), count => count >= 2, Limit, $"{rank} answers again");
        Assert.All(await PlacesAsync(first), place => Assert.Equal("first", place));
    }

    /// <summary>Whoever it is that knows where they live.</summary>
    [Fact]
    public async Task A_silo_that_is_killed_or_leaves_disturbs_no_rank_of_the_others()
    {
        var first = await StartAsync("first");
        using var second = ChildProcess.Start(SiloProcess.Role, "second", File);
        Assert.Equal("ready", await second.ReadLineAsync(Limit));
        var third = await StartAsync("third");
        await SeenAsync(first, "first", "second", "third");
        RankKey[] ranks = [.. Enumerable.Range(0, 60).Select(rank => new RankKey("large", rank))];
        var stay = new Dictionary<RankKey, Guid>();
        foreach (var rank in ranks)
        {
            if (await first.Grain(rank).SiloAsync() == "first")
                stay[rank] = await first.Grain(rank).LifeAsync();
        }

        Assert.Equal(20, stay.Count);
        second.Kill();
        await SeenAsync(first, "first", "third");
        await StopAsync(third);
        await SeenAsync(first, "first");
        foreach (var rank in ranks)
            await Eventually.HoldsAsync(() => first.Grain(rank).SiloAsync(), silo => silo == "first", Limit, $"{rank} on the first silo");
        foreach (var (rank, life) in stay)
            Assert.Equal(life, await first.Grain(rank).LifeAsync());
    }

    private async Task<IHost> StartAsync(string name)
    {
        var host = await SiloProcess.StartAsync(name, File, _errors);
        _running.Add(host);
        return host;
    }

    private Task StopAsync(IHost host)
    {
        _running.Remove(host);
        return SiloProcess.StopAsync(host);
    }

    /// <summary>Waits until <paramref name="host"/> knows exactly these silos as active, and the grains that they host: it places none on others.</summary>
    private static async Task SeenAsync(IHost host, params string[] names) =>
        await Eventually.HoldsAsync(
            () =>
            {
                var hosting = host.Services.GetRequiredService<IClusterManifestProvider>().Current.Silos;
                return Task.FromResult(string.Join(',', host.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
                    .Where(member => member.Status == SiloStatus.Active && hosting.ContainsKey(member.SiloAddress)).Select(member => member.Name).Order()));
            },
            active => active == string.Join(',', names.Order()),
            Limit,
            $"the active silos are {string.Join(',', names)}");

    private static async Task<List<string>> PlacesAsync(IHost host)
    {
        var places = new List<string>();
        foreach (var rank in Ranks)
            places.Add(await host.Grain(rank).SiloAsync());
        return places;
    }
}

using DistTrain.Worker.Cluster;
using DistTrain.Worker.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Silos of one cluster in this process, which others may join. Disposing stops them.</summary>
internal sealed class SiloGroup : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ErrorLog _errors = new();
    private readonly List<IHost> _running = [];

    /// <summary>Of one job.</summary>
    public static IReadOnlyList<RankKey> Ranks { get; } = [.. Enumerable.Range(0, 4).Select(rank => new RankKey("job", rank))];

    /// <summary>The cluster's.</summary>
    public string File => _folder["cluster.db"];

    /// <summary>What the silos have logged as errors.</summary>
    public IReadOnlyCollection<string> Errors => _errors.Errors;

    public async Task<IHost> StartAsync(string name)
    {
        var host = await SiloProcess.StartAsync(name, File, _errors);
        _running.Add(host);
        return host;
    }

    public Task StopAsync(IHost host)
    {
        _running.Remove(host);
        return SiloProcess.StopAsync(host);
    }

    /// <summary>Waits until <paramref name="host"/> knows exactly these silos as active, and the grains that they host: it places none on others.</summary>
    public static async Task SeenAsync(IHost host, params string[] names) =>
        await Waiting.UntilAsync(
            () =>
            {
                var hosting = host.Services.GetRequiredService<IClusterManifestProvider>().Current.Silos;
                return Task.FromResult(string.Join(',', host.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
                    .Where(member => member.Status == SiloStatus.Active && hosting.ContainsKey(member.SiloAddress)).Select(member => member.Name).Order()));
            },
            active => active == string.Join(',', names.Order()),
            $"the active silos are {string.Join(',', names)}",
            mayThrow: true);

    /// <summary>The silo of each of <see cref="Ranks"/>.</summary>
    public static async Task<List<string>> PlacesAsync(IHost host)
    {
        var places = new List<string>();
        foreach (var rank in Ranks)
            places.Add(await host.Grain(rank).SiloAsync());
        return places;
    }

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
}

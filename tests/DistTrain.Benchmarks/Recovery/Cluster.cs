using System.Globalization;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Benchmarks.Recovery;

/// <summary>A standing cluster of real processes in a temporary folder, with one job that runs until it is cancelled. Disposing ends and deletes all of it.</summary>
internal sealed class Cluster : IDisposable
{
    private const string JobId = "measured";

    private readonly TempFolder _folder = new();
    private readonly string[] _settings;
    private readonly List<Role> _all = [];
    private readonly Dictionary<Role, Uri>? _pages;

    private Cluster(string[] settings, bool hasPages) => (_settings, _pages) = (settings, hasPages ? [] : null);

    public List<Role> Servers { get; } = [];

    /// <summary>Oldest first.</summary>
    public List<Role> Silos { get; } = [];

    /// <summary>Starts the processes and submits the job.</summary>
    public static Task<Cluster> StartAsync(int servers, int silos, params string[] settings) => StartAsync(new Cluster(settings, hasPages: false), servers, silos);

    /// <summary>The same with a page at each silo.</summary>
    public static Task<Cluster> StartWithPagesAsync(int servers, int silos, params string[] settings) => StartAsync(new Cluster(settings, hasPages: true), servers, silos);

    public async Task JoinAsync(int silos) => Silos.AddRange(await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => StartSiloAsync())));

    /// <summary>Starts a silo, which is ended with the others.</summary>
    public async Task<Role> StartSiloAsync()
    {
        var port = Ports.Free();
        var silo = await Role.StartAsync([
            "worker", "--port", "0", "--cluster", _folder["cluster"], "--servers", string.Join(',', Servers.Select(s => s.Endpoint)), "--exit-with-parent",
            .. _pages is null ? [] : (string[])["--page", port.ToString(CultureInfo.InvariantCulture)],
        ]);
        lock (_all)
        {
            _all.Add(silo);
            _pages?.Add(silo, new UriBuilder("http", "127.0.0.1", port).Uri);
        }

        return silo;
    }

    /// <summary>Where the page of a silo is.</summary>
    public Uri PageOf(Role silo) => _pages![silo];

    /// <summary>Starts a server again that has ended, where it was.</summary>
    public async Task RestartServerAsync(int index) => Servers[index] = await StartServerAsync(index, Servers[index].Endpoint.Split(':')[1]);

    /// <summary>Watches the job from its beginning, at a silo that outlives the watching, or else at the youngest; the caller disposes it.</summary>
    public Role Watch(Role? at = null) => Role.Start("watch", JobId, "--endpoint", (at ?? Silos[^1]).Endpoint, "--output", "json");

    /// <summary>Cancels the job.</summary>
    /// <returns>SHA-256 of its weights, and that of a run of as many steps on one silo that nothing disturbs.</returns>
    public async Task<(long Steps, string Disturbed, string Undisturbed)> CompareAsync()
    {
        var endpoint = Silos[^1].Endpoint;
        using var watch = Watch();
        await Role.RunAsync("cancel", JobId, "--endpoint", endpoint);
        await watch.ExitAsync();
        var steps = watch.Steps[^1].Event.GetProperty("step").GetInt64();
        await Role.RunAsync("download", JobId, "--endpoint", endpoint, "--out", _folder["model"]);
        using var model = SafeTensorsReader.Open(System.IO.Path.Combine(_folder["model"], "model.safetensors"));
        var weights = new float[model.Layout()!.Length];
        model.Fill(model.Layout()!, weights);
        using var run = Role.Start(["train", "--silos", "1", "--output", "json", "--out", _folder["undisturbed"], .. Set([.. _settings, $"steps={steps}"])]);
        if (await run.ExitAsync() != 0)
            throw new InvalidOperationException("the undisturbed run failed");
        return (steps, WeightsHash.Compute(model.Layout()!, weights), run.Events[^1].Event.GetProperty("weightsSha256").GetString()!);
    }

    public void Dispose()
    {
        foreach (var role in Enumerable.Reverse(_all))
            role.Dispose();
        _folder.Dispose();
    }

    private static async Task<Cluster> StartAsync(Cluster cluster, int servers, int silos)
    {
        for (var i = 0; i < servers; i++)
            cluster.Servers.Add(await cluster.StartServerAsync(i, "0"));
        await cluster.JoinAsync(silos);
        await File.WriteAllTextAsync(cluster._folder["job.yaml"], "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n");
        await Role.RunAsync([
            "submit", cluster._folder["job.yaml"], "--id", JobId, "--endpoint", cluster.Silos[0].Endpoint,
            .. Set([.. cluster._settings, "steps=1000000"]),
        ]);
        return cluster;
    }

    private static IEnumerable<string> Set(IEnumerable<string> settings) => settings.SelectMany(s => new[] { "--set", s });

    private async Task<Role> StartServerAsync(int index, string port)
    {
        var server = await Role.StartAsync("server", "--port", port, "--job-folder", _folder[$"jobs-{index}/{{job}}"], "--exit-with-parent");
        lock (_all)
            _all.Add(server);
        return server;
    }
}

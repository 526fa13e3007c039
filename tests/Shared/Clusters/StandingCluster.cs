using DistTrain.Optimization.Parameters;

namespace DistTrain.Tests.Clusters;

/// <summary>Servers, and silos that come and go, each a process of its own. Disposing ends them all.</summary>
internal sealed class StandingCluster(RunFolder folder) : IAsyncDisposable
{
    /// <summary>Far beyond what anything here takes, also on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>A job file in which everything has its default.</summary>
    public const string EmptyJob = "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n";

    private readonly List<DistTrainProcess> _processes = [];
    private DistTrainProcess[] _serverProcesses = [];
    private string _servers = string.Empty;
    private string[] _store = ["--cluster", folder["cluster"]];
    private string[] _guard = [];
    private string[] _pass = [];
    private string[] _memory = [];
    private bool _hasPages;

    /// <summary>Starts the servers and the first silos.</summary>
    public static async Task<(StandingCluster Cluster, Silo[] Silos)> StartAsync(
        RunFolder folder, int silos, int servers = 1, RedisServer? redis = null, ClusterCertificates? certificates = null, bool sharesMemory = true, bool pages = false)
    {
        var cluster = new StandingCluster(folder);
        if (redis is not null)
            cluster._store = ["--cluster", redis.Address, "--redis-password-file", redis.PasswordFile];
        if (certificates is not null)
            (cluster._guard, cluster._pass) = (["--certs", certificates["worker"], "--access", certificates.AccessFile], ["--certs", certificates["operator"]]);
        if (!sharesMemory)
            cluster._memory = ["--shared-memory", "off"];
        cluster._hasPages = pages;
        try
        {
            cluster._serverProcesses = [.. Enumerable.Range(0, servers).Select(_ => cluster.StartServer("0"))];
            cluster._servers = string.Join(',', await Task.WhenAll(cluster._serverProcesses.Select(server => server.EndpointAsync())));
            return (cluster, await cluster.JoinAsync(silos));
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Endpoints of the servers.</summary>
    public IReadOnlyList<string> Servers => _servers.Split(',');

    /// <summary>What the processes of the cluster have written to their logs.</summary>
    public string Logs => string.Concat(_processes.Select(p => p.Error));

    /// <summary>All of its processes run; else what the one said that has ended, which is why the next job would wait for ever.</summary>
    public async Task RequireRunningAsync()
    {
        foreach (var ended in _processes.Where(process => !process.IsRunning))
            Assert.Fail($"a process of the standing cluster has ended, with exit code {await ended.ExitAsync(Limit)}: {ended.Error}");
    }

    /// <summary>Starts further silos, at once.</summary>
    public Task<Silo[]> JoinAsync(int silos) => Task.WhenAll(Enumerable.Range(0, silos).Select(_ => JoinAtAsync("0")));

    /// <summary>Starts one where another has ended.</summary>
    public Task<Silo> JoinAgainAsync(Silo ended) => JoinAtAsync(ended.Endpoint.Split(':')[1]);

    /// <summary>Asks a silo to leave and starts it again where it was.</summary>
    public async Task<Silo> RestartAsync(Silo silo)
    {
        await LeaveAsync(silo.Process);
        return await JoinAgainAsync(silo);
    }

    /// <summary>Asks a server to leave and starts it again where it was.</summary>
    public async Task RestartServerAsync(int index)
    {
        await LeaveAsync(_serverProcesses[index]);
        _serverProcesses[index] = StartServer(Servers[index].Split(':')[1]);
        await _serverProcesses[index].EndpointAsync();
    }

    /// <summary>Kills a server and starts it again where it was.</summary>
    public async Task KillServerAsync(int index)
    {
        await _serverProcesses[index].KillAsync();
        _serverProcesses[index] = StartServer(Servers[index].Split(':')[1]);
        await _serverProcesses[index].EndpointAsync();
    }

    /// <summary>Submits a job that would run for long, and watches it.</summary>
    public async Task<DistTrainProcess> SubmitAsync(Silo at, string id, params string[] settings)
    {
        var job = folder[$"{id}.yaml"];
        await File.WriteAllTextAsync(job, EmptyJob);
        var submitted = await DistTrainProcess.RunAsync(
            ["submit", job, "--endpoint", at.Endpoint, "--id", id, "--set", "steps=100000", .. _pass, .. Training.Set(settings)]);
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        return Start(["watch", id, "--endpoint", at.Endpoint, "--output", "json", .. _pass]);
    }

    /// <summary>Cancels a watched job.</summary>
    /// <returns>The hash of its weights so far.</returns>
    public async Task<string> CancelAsync(Silo at, string id, DistTrainProcess watch)
    {
        Assert.Equal(0, (await DistTrainProcess.RunAsync(["cancel", id, "--endpoint", at.Endpoint, .. _pass])).ExitCode);
        await watch.ExitAsync(Limit);
        Assert.Equal("cancelled", watch.Events[^1].GetProperty("event").GetString());
        Assert.Equal(0, (await DistTrainProcess.RunAsync(["download", id, "--endpoint", at.Endpoint, "--out", folder[$"{id}-model"], .. _pass])).ExitCode);
        using var model = SafeTensorsReader.Open(Path.Combine(folder[$"{id}-model"], "model.safetensors"));
        var weights = new float[model.Layout()!.Length];
        model.Fill(model.Layout()!, weights);
        return WeightsHash.Compute(model.Layout()!, weights);
    }

    /// <summary>Ends what is left, in order.</summary>
    public async Task StopAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes).Where(process => process.IsRunning))
            await LeaveAsync(process);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
    }

    /// <summary>SIGTERM, and an end without an error.</summary>
    private static async Task LeaveAsync(DistTrainProcess process)
    {
        process.Signal(15);
        var code = await process.ExitAsync(Limit);
        Assert.True(code == 0, process.Error);
    }

    private DistTrainProcess StartServer(string port) => Start(["server", "--port", port, "--job-folder", folder["jobs/{job}"], .. _guard, .. _memory]);

    private async Task<Silo> JoinAtAsync(string port)
    {
        var page = Ports.Free();
        var process = Start(["worker", "--port", port, "--servers", _servers, .. _hasPages ? new[] { "--page", $"{page}" } : [], .. _store, .. _guard, .. _memory]);
        return new Silo(process, await process.EndpointAsync(), page);
    }

    private DistTrainProcess Start(params string[] arguments)
    {
        var process = DistTrainProcess.Start(arguments);
        lock (_processes)
            _processes.Add(process);
        return process;
    }
}

/// <summary>A silo of a standing cluster.</summary>
/// <param name="Page">Port of its page, where the cluster was to have such.</param>
internal sealed record Silo(DistTrainProcess Process, string Endpoint, int Page);

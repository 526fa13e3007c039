using System.Text.Json;

[assembly: AssemblyFixture(typeof(StandingClusters))]

namespace DistTrain.EndToEnd.Tests.Clusters;

/// <summary>
/// One cluster of each size that a test asks for, from its first job to the end of all tests: a job there costs its steps, not the start of processes.
/// For tests that disturb nothing.
/// </summary>
public sealed class StandingClusters : IAsyncDisposable
{
    private readonly Dictionary<(int Silos, int Servers), Task<(RunFolder Folder, StandingCluster Cluster, Silo[] Silos)>> _clusters = [];
    private int _jobs;

    /// <summary>Runs a job to its end on some cluster of that size, and leaves the run in the folder as <c>train</c> would.</summary>
    internal async Task<Finished> RunAsync(RunFolder folder, string name, int silos, int servers, params string[] settings)
    {
        var cluster = await OfAsync(silos, servers);
        await cluster.Cluster.RequireRunningAsync();
        var id = $"{name}-{Interlocked.Increment(ref _jobs)}";
        var endpoint = cluster.Silos[^1].Endpoint;
        var job = folder[$"{name}.yaml"];
        await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
        var run = await DistTrainProcess.RunAsync(
            ["submit", job, "--id", id, "--endpoint", endpoint, "--watch", "--output", "json", .. Training.Set(settings)]);
        if (run.ExitCode != 0)
            return run;
        var download = await DistTrainProcess.RunAsync("download", id, "--endpoint", endpoint, "--out", folder[name]);
        Assert.True(download.ExitCode == 0, download.Error);
        Directory.CreateSymbolicLink(Path.Combine(folder[name], "checkpoints"), cluster.Folder[$"jobs/{id}/checkpoints"]);
        return run;
    }

    /// <summary>
    /// Cancels a watched job of a cluster that was disturbed, and compares its weights and its history so far with those of a run of as many steps that
    /// nothing disturbs.
    /// </summary>
    internal async Task CheckAsync(RunFolder folder, StandingCluster cluster, Silo at, string id, DistTrainProcess watch, params string[] settings)
    {
        var weights = await cluster.CancelAsync(at, id, watch);
        var steps = watch.Steps();
        Assert.Equal(Enumerable.Range(1, steps.Count), steps.Select(s => s.GetProperty("step").GetInt32()));
        var undisturbed = await RunAsync(folder, $"{id}-undisturbed", silos: 1, servers: 1, [$"steps={steps.Count}", .. settings]);
        Assert.Equal(undisturbed.WeightsSha256, weights);
        Assert.Equal(undisturbed.Events.Where(DistTrainProcess.IsStep).Select(Loss), steps.Select(Loss));

        static double Loss(JsonElement step) => step.GetProperty("loss").GetDouble();
    }

    /// <summary>Where some cluster of one silo and one server hears.</summary>
    internal async Task<string> EndpointAsync()
    {
        var cluster = await OfAsync(1, 1);
        await cluster.Cluster.RequireRunningAsync();
        return cluster.Silos[^1].Endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        // One that did not start has ended what it had started, and its tests have said why.
        foreach (var starting in _clusters.Values.Where(c => c.IsCompletedSuccessfully))
        {
            var (folder, cluster, _) = await starting;
            await cluster.DisposeAsync();
            folder.Dispose();
        }
    }

    private Task<(RunFolder Folder, StandingCluster Cluster, Silo[] Silos)> OfAsync(int silos, int servers)
    {
        lock (_clusters)
        {
            if (!_clusters.TryGetValue((silos, servers), out var starting))
                _clusters[(silos, servers)] = starting = StartAsync();
            return starting;
        }

        async Task<(RunFolder, StandingCluster, Silo[])> StartAsync()
        {
            var folder = new RunFolder();
            try
            {
                var (cluster, started) = await StandingCluster.StartAsync(folder, silos, servers);
                return (folder, cluster, started);
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
    }
}

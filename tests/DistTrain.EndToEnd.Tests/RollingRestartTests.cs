namespace DistTrain.EndToEnd.Tests;

/// <summary>A cluster gets a new program while a job trains: each process is asked to leave and started again, one after the other.</summary>
[Trait("Kind", "Process")]
public class RollingRestartTests(StandingClusters clusters)
{
    private static readonly string[] _settings = ["model.name=mlp", "workers=4", "batch=64", "dataset.trainExamples=1000", "dataset.testExamples=100"];

    [Fact]
    public async Task Every_process_in_turn_changes_neither_weights_nor_history_and_no_step_is_done_again()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 2, servers: 2);
        await using var ending = cluster;
        // It watches at a silo that is restarted like all others.
        var watch = await cluster.SubmitAsync(silos[0], "rolling", _settings);
        await watch.StepAsync(20);

        for (var server = 0; server < cluster.Servers.Count; server++)
        {
            await cluster.RestartServerAsync(server);
            await watch.GoesOnAsync();
        }

        for (var index = 0; index < silos.Length; index++)
        {
            silos[index] = await cluster.RestartAsync(silos[index]);
            await watch.GoesOnAsync();
        }

        Assert.All(watch.Log(IsRestored), line => Assert.EndsWith("; 0 step(s) are done again", line, StringComparison.Ordinal));
        Assert.Equal(cluster.Servers.Count, watch.Log(IsRestored).Count);
        await clusters.CheckAsync(folder, cluster, silos[0], "rolling", watch, _settings);
        await cluster.StopAsync();
    }

    private static bool IsRestored(string line) => line.Contains(" goes on from step ", StringComparison.Ordinal);
}

namespace DistTrain.EndToEnd.Tests;

/// <summary>Silos join, leave, die and hang while a job runs: no weight and no line of its history changes, and no step is done twice.</summary>
[Trait("Kind", "Process")]
public class ElasticityTests(StandingClusters clusters)
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string[] _settings = ["model.name=mlp", "workers=4", "batch=64", "dataset.trainExamples=1000", "dataset.testExamples=100"];

    [Fact]
    public async Task From_2_silos_to_4_to_1()
    {
        using var folder = new RunFolder();
        var (cluster, first) = await StandingCluster.StartAsync(folder, 2);
        await using var ending = cluster;
        var (stays, leaves) = (first[0], first[1]);
        var watch = await cluster.SubmitAsync(stays, "elastic", _settings);
        await watch.StepAsync(20);

        // Each of the two that join takes a rank; the others stay where they are.
        var joined = await cluster.JoinAsync(2);
        await watch.LogAsync(Moves, times: 2, Patience);
        Assert.Equal(2, watch.Log(Moves).Select(Destination).Distinct().Count());
        await watch.GoesOnAsync();

        // One leaves in order and hands its rank over, one dies, and one leaves again: what is left has all four.
        leaves.Process.Signal(SigTerm);
        Assert.Equal(0, await leaves.Process.ExitAsync(Patience));
        await watch.LogAsync(Moves, times: 3, Patience);
        await watch.GoesOnAsync();

        joined[0].Process.Signal(SigKill);
        await watch.LogAsync(IsGone, times: 1, Patience);
        await watch.GoesOnAsync();

        joined[1].Process.Signal(SigTerm);
        Assert.Equal(0, await joined[1].Process.ExitAsync(Patience));
        await watch.GoesOnAsync();

        await clusters.CheckAsync(folder, cluster, stays, "elastic", watch, _settings);
        // Only what was on the silo that died was lost with it.
        Assert.Single(watch.Log(IsGone).Select(Gone).Distinct(), watch.Log(Moves).Select(Destination).Contains);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task A_silo_that_hangs_is_replaced_and_ends_when_it_comes_back()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 2);
        await using var ending = cluster;
        var (stays, hangs) = (silos[0], silos[1]);
        var watch = await cluster.SubmitAsync(stays, "hung", _settings);
        await watch.StepAsync(20);

        hangs.Process.Signal(SigStop);
        await watch.LogAsync(IsGone, times: 2, Patience);
        await watch.GoesOnAsync();

        hangs.Process.Signal(SigCont);
        Assert.Equal(1, await hangs.Process.ExitAsync(Patience));
        Assert.Contains("this silo can't go on and ends", hangs.Process.Error, StringComparison.Ordinal);
        await watch.GoesOnAsync();

        // What a supervisor would do: it is another silo now, and takes its share.
        await cluster.JoinAsync(1);
        await watch.LogAsync(Moves, times: 2, Patience);
        await watch.GoesOnAsync();

        await clusters.CheckAsync(folder, cluster, stays, "hung", watch, _settings);
        Assert.Equal(2, watch.Log(IsGone).Count);
        await cluster.StopAsync();
    }

    private static bool Moves(string line) => line.Contains(" moves to silo ", StringComparison.Ordinal);

    private static bool IsGone(string line) => line.EndsWith(" is gone", StringComparison.Ordinal);

    private static string Gone(string line) => line.Split(' ')[^3];

    private static string Destination(string line) => line[(line.LastIndexOf(' ') + 1)..];
}

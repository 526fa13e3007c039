using System.Globalization;
using System.Text.RegularExpressions;

namespace DistTrain.Benchmarks.Recovery;

/// <summary>
/// What a fault costs: 4 ranks on 3 silos and 2 servers, a process is killed, asked to leave or stopped, and the time is taken to the step
/// that ends the longest pause after it. Each round hits the oldest process, so none is spared; what was lost is replaced before the next one.
/// </summary>
internal static partial class RecoveryBenchmark
{
    private const int Interval = 50;

    /// <summary>A hung silo is the last to be noticed.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int rounds)
    {
        Console.WriteLine("| fault | seconds to the next step, each round | median | steps done again |");
        Console.WriteLine("|---|---|---|---|");
        await FaultAsync("a silo is killed (SIGKILL)", rounds, (cluster, _) => LoseSiloAsync(cluster, Role.SigKill));
        await FaultAsync("a silo leaves (SIGTERM)", rounds, (cluster, _) => LoseSiloAsync(cluster, Role.SigTerm));
        await FaultAsync("a silo hangs (SIGSTOP)", rounds, (cluster, _) => LoseSiloAsync(cluster, Role.SigStop));
        await FaultAsync($"a server is killed (SIGKILL), started again at once; a checkpoint every {Interval} steps", rounds, LoseServerAsync);
    }

    private static async Task FaultAsync(string name, int rounds, Func<Cluster, int, Task<(double Seconds, long Redone)>> round)
    {
        using var cluster = await Cluster.StartAsync(
            servers: 2, silos: 3, "model.name=mlp", "workers=4", "batch=64", "dataset.testExamples=100", "evaluation.everyEpochs=0", $"checkpoint.everySteps={Interval}");
        using (var warm = cluster.Watch())
            await warm.WaitAsync(e => Role.IsStep(e) && e.GetProperty("step").GetInt64() >= 200);
        var (seconds, redone) = (new List<double>(), new List<long>());
        for (var index = 0; index < rounds; index++)
        {
            var seen = await round(cluster, index);
            seconds.Add(seen.Seconds);
            redone.Add(seen.Redone);
        }

        var sorted = seconds.Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {string.Join(", ", seconds.Select(s => s.ToString("F1", CultureInfo.InvariantCulture)))} | **{(sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2:F1}** | {string.Join(", ", redone)} |"));
    }

    private static async Task<(double Seconds, long Redone)> LoseSiloAsync(Cluster cluster, int signal)
    {
        using var watch = cluster.Watch();
        await SettleAsync(watch);
        var silo = cluster.Silos[0];
        cluster.Silos.RemoveAt(0);
        var at = Role.Now;
        silo.Signal(signal);
        await Task.Delay(Window);
        var seconds = LongestPauseEnds(watch, at);
        silo.Signal(Role.SigCont);
        await silo.ExitAsync();

        // The next one is as strong as the one that was lost, and has its share of the ranks.
        var joined = Role.Now;
        await cluster.JoinAsync(1);
        await watch.WaitAsync(e => Role.IsLog(e, " moves to silo "), after: joined);
        return (seconds, StepsDoneAgain(watch, at));
    }

    private static async Task<(double Seconds, long Redone)> LoseServerAsync(Cluster cluster, int round)
    {
        using var watch = cluster.Watch();
        await SettleAsync(watch);
        var server = round % cluster.Servers.Count;
        var at = Role.Now;
        cluster.Servers[server].Signal(Role.SigKill);
        await cluster.Servers[server].ExitAsync();
        await cluster.RestartServerAsync(server);
        await watch.WaitAsync(e => Role.IsLog(e, " goes on from step "), after: at);
        await Task.Delay(Window);
        return (LongestPauseEnds(watch, at), StepsDoneAgain(watch, at));
    }

    /// <summary>As the job's log has it.</summary>
    private static long StepsDoneAgain(Role watch, TimeSpan fault) => watch.Events
        .Where(e => e.At > fault && Role.IsLog(e.Event, "are done again"))
        .Sum(e => long.Parse(Redone().Match(e.Event.GetProperty("text").GetString()!).Groups["steps"].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>The watcher has caught up, and steps come as they are committed.</summary>
    private static async Task SettleAsync(Role watch)
    {
        await watch.WaitAsync(Role.IsStep);
        await watch.WaitAsync(Role.IsStep, after: Role.Now + TimeSpan.FromSeconds(5));
    }

    /// <summary>
    /// Seconds from the fault to the step behind the longest pause since: the first steps after a fault may be those that were on their way.
    /// </summary>
    private static double LongestPauseEnds(Role watch, TimeSpan fault)
    {
        var steps = watch.Steps.Select(s => s.At).Where(at => at > fault).Prepend(fault).ToList();
        if (steps.Count < 2)
            throw new InvalidOperationException($"no step within {Window} of the fault");
        var ends = steps.Zip(steps.Skip(1)).MaxBy(pause => pause.Second - pause.First).Second;
        return (ends - fault).TotalSeconds;
    }

    [GeneratedRegex(@"; (?<steps>\d+) step\(s\) are done again", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Redone();
}

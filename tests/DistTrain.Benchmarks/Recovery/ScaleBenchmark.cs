using System.Globalization;

namespace DistTrain.Benchmarks.Recovery;

/// <summary>One job while silos come and go: 2, then 4, then 1; images/s before and after each change, and the weights beside those of a run of one silo.</summary>
internal static class ScaleBenchmark
{
    /// <summary>For ranks to move, one each second, and for their new silos to warm up.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(8);

    public static async Task RunAsync(int seconds)
    {
        using var cluster = await Cluster.StartAsync(
            servers: 1, silos: 2, "model.name=cnn", "workers=4", "batch=128", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        Console.WriteLine("| silos | images/s | longest pause of the change, s |");
        Console.WriteLine("|---|---|---|");
        using (var warm = cluster.Watch())
            await warm.WaitAsync(e => Role.IsStep(e) && e.GetProperty("step").GetInt64() >= 30);
        await MeasureAsync(cluster, () => Task.CompletedTask, seconds);
        await MeasureAsync(cluster, () => cluster.JoinAsync(2), seconds);
        await MeasureAsync(cluster, () => LeaveAsync(cluster, 3), seconds);
        var (steps, disturbed, undisturbed) = await cluster.CompareAsync();
        Console.WriteLine();
        Console.WriteLine($"After {steps} steps: {disturbed}, on one silo from the start {undisturbed}: {(disturbed == undisturbed ? "the same" : "NOT the same")}.");
    }

    /// <summary>All but the youngest: it is the one that is watched.</summary>
    private static async Task LeaveAsync(Cluster cluster, int silos)
    {
        foreach (var silo in cluster.Silos[..silos])
        {
            silo.Signal(Role.SigTerm);
            if (await silo.ExitAsync() != 0)
                throw new InvalidOperationException("a silo that was asked to leave failed");
        }

        cluster.Silos.RemoveRange(0, silos);
    }

    private static async Task MeasureAsync(Cluster cluster, Func<Task> change, int seconds)
    {
        // The youngest silo is there before and after each change.
        using var watch = cluster.Watch();
        await watch.WaitAsync(Role.IsStep);
        var began = (await watch.WaitAsync(Role.IsStep, after: Role.Now + TimeSpan.FromSeconds(2))).At;
        await change();
        var from = Role.Now + SettleTime;
        await watch.WaitAsync(Role.IsStep, after: from + TimeSpan.FromSeconds(seconds));
        var timed = watch.Steps.Where(s => s.At > from).ToList();
        var images = timed.Skip(1).Sum(s => s.Event.GetProperty("examples").GetDouble()) / (timed[^1].At - timed[0].At).TotalSeconds;
        var changing = watch.Steps.Select(s => s.At).Where(at => at > began && at <= timed[0].At).ToList();
        var pause = changing.Zip(changing.Skip(1)).Max(p => (p.Second - p.First).TotalSeconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {cluster.Silos.Count} | {images:F0} | {pause:F1} |"));
    }
}

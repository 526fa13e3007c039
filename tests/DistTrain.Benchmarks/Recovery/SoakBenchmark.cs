using System.Globalization;

namespace DistTrain.Benchmarks.Recovery;

/// <summary>
/// Faults at a fixed interval for a long time: a silo is killed, hangs or leaves, a server is killed or leaves, in turns, and each is replaced.
/// One silo and one server are spared: what they hold in memory and in handles has to stay as it is, and what they log as an error has to be
/// known to belong to a fault.
/// </summary>
internal static class SoakBenchmark
{
    /// <summary>The first faults are not counted: code that no fault has needed yet is loaded and compiled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(4);

    /// <summary>Errors of Orleans that follow from the loss of a silo; <c>docs/recover.md</c> declares them.</summary>
    private static readonly string[] _declared =
    [
        "Orleans.Runtime.GrainDirectory.ClientDirectory", "Orleans.Runtime.MembershipService.MembershipAgent", "Orleans.Runtime.GrainCallCancellationManager", "Orleans.Grain",
    ];

    public static async Task RunAsync(double minutes, int interval)
    {
        using var cluster = await Cluster.StartAsync(
            servers: 2, silos: 3, "model.name=mlp", "model.norm=batch", "batchNorm.scope=global", "workers=4", "batch=128", "dataset.testExamples=100", "checkpoint.everySteps=100");
        using var watch = cluster.Watch(cluster.Silos[0]);
        await watch.WaitAsync(e => Role.IsStep(e) && e.GetProperty("step").GetInt64() >= 200);
        (string Name, Role Role)[] spared = [("silo", cluster.Silos[0]), ("server", cluster.Servers[0])];

        Console.WriteLine("| minute | faults | steps | silo, MiB | silo, handles | server, MiB | server, handles |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var begin = Role.Now;
        var samples = new List<(TimeSpan At, double[] Sizes, int[] Handles)>();
        var faults = 0;
        for (var minute = 0; Role.Now - begin < TimeSpan.FromMinutes(minutes);)
        {
            var next = Role.Now + TimeSpan.FromSeconds(interval);
            await FaultAsync(cluster, faults++);
            // A fault that stops the job is not survived.
            await watch.WaitAsync(Role.IsStep, after: Role.Now);
            if (next > Role.Now)
                await Task.Delay(next - Role.Now);
            samples.Add((Role.Now - begin, [.. spared.Select(s => s.Role.ResidentMiB)], [.. spared.Select(s => s.Role.Handles)]));
            if ((Role.Now - begin).TotalMinutes < minute)
                continue;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {minute} | {faults} | {watch.Steps.Count} | {samples[^1].Sizes[0]:F0} | {samples[^1].Handles[0]} | {samples[^1].Sizes[1]:F0} | {samples[^1].Handles[1]} |"));
            minute += 2;
        }

        Report(samples, spared);
        var steps = watch.Steps.Select(s => s.Event.GetProperty("step").GetInt64()).ToList();
        Console.WriteLine($"\n{faults} faults, {steps.Count} steps, each once and in order: {(steps.SequenceEqual(Enumerable.Range(1, steps.Count).Select(s => (long)s)) ? "yes" : "no")}");
    }

    private static async Task FaultAsync(Cluster cluster, int fault)
    {
        switch (fault % 5)
        {
            case 0:
                await LoseSiloAsync(cluster, Role.SigKill);
                break;
            case 1:
                await LoseServerAsync(cluster, Role.SigKill);
                break;
            case 2:
                await LoseSiloAsync(cluster, Role.SigTerm);
                break;
            case 3:
                await LoseServerAsync(cluster, Role.SigTerm);
                break;
            default:
                await LoseSiloAsync(cluster, Role.SigStop);
                break;
        }
    }

    private static async Task LoseSiloAsync(Cluster cluster, int signal)
    {
        var silo = cluster.Silos[1];
        cluster.Silos.RemoveAt(1);
        silo.Signal(signal);
        if (signal == Role.SigStop)
        {
            // Long enough to be declared dead: it ends when it learns of that.
            await Task.Delay(TimeSpan.FromSeconds(12));
            silo.Signal(Role.SigCont);
        }

        await silo.ExitAsync();
        await cluster.JoinAsync(1);
    }

    private static async Task LoseServerAsync(Cluster cluster, int signal)
    {
        cluster.Servers[1].Signal(signal);
        await cluster.Servers[1].ExitAsync();
        await cluster.RestartServerAsync(1);
    }

    private static void Report(List<(TimeSpan At, double[] Sizes, int[] Handles)> samples, (string Name, Role Role)[] spared)
    {
        var counted = samples.Where(s => s.At > WarmUp).ToList();
        var third = counted.Count / 3;
        if (third == 0)
            return;
        foreach (var (index, (name, role)) in spared.Index())
        {
            var (early, late) = (Of(counted.Take(third)), Of(counted.TakeLast(third)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"\n{name}: {early.Size:F0} MiB and {early.Handles} handles in the first third after minute {WarmUp.TotalMinutes}, {late.Size:F0} MiB and {late.Handles} handles in the last (medians)"));
            foreach (var error in role.Errors.GroupBy(e => e.Name).OrderByDescending(e => e.Count()))
            {
                var isDeclared = _declared.Any(d => error.Key.StartsWith(d + "[", StringComparison.Ordinal));
                Console.WriteLine($"- {error.Count()} times {error.Key}: {(isDeclared ? "declared" : "NOT DECLARED, the first was:")}");
                foreach (var line in isDeclared ? [] : error.First().Lines)
                    Console.WriteLine($"    {line}");
            }

            (double Size, int Handles) Of(IEnumerable<(TimeSpan At, double[] Sizes, int[] Handles)> some)
            {
                var all = some.ToList();
                return (all.Select(s => s.Sizes[index]).Order().ElementAt(all.Count / 2), all.Select(s => s.Handles[index]).Order().ElementAt(all.Count / 2));
            }
        }
    }
}

using System.CommandLine;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Output;
using DistTrain.Cli.Reports;
using DistTrain.Cli.Results;
using DistTrain.Recipes;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain chaos</c>: a job under seeded faults on local clusters of its own, and the proof that they changed nothing.</summary>
internal static class ChaosCommand
{
    /// <summary>Without a job file: about half a minute undisturbed on two cores.</summary>
    private const string BuiltIn = """
        apiVersion: disttrain.dev/v1
        kind: TrainingJob
        spec: {model: {name: mlp}, workers: 4, steps: 400, batch: 64, checkpoint: {everySteps: 10, keep: 3}}
        """;

    private static readonly Argument<string?> JobFileArgument = new("job.yaml")
    {
        Description = $"The job file; without one, the built-in digits with {BuiltIn.Split('\n')[^1]}.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<int> Seed = SharedOptions.Number("--seed", "Seed of the faults of the first disturbed run; the others follow.", 1, 0);

    private static readonly Option<int> Kills = SharedOptions.Number("--kills", "SIGKILLs of a run, of servers and silos; half as many to as many other faults come beside them.", 3, 1, 1000);

    private static readonly Option<int> Runs = SharedOptions.Number("--runs", "Disturbed runs, with seeds that follow each other.", 1, 1, 10_000);

    private static readonly Option<int> Silos = SharedOptions.Number("--silos", "Worker silos (processes) of each cluster.", 3, 1, 256);

    private static readonly Option<int> Servers = SharedOptions.Number("--servers", "Parameter servers (processes) of each cluster.", 2, 1, 64);

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Folder of the runs and results; what is done there already is not done again. Default: chaos/<job name>.",
        HelpName = "folder",
    };

    public static Command Create() => new Command(
        "chaos", "Run a job undisturbed, then under seeded faults (killed and stopped processes, cut and slow links, damaged checkpoints, full disks), and check that nothing changed.")
    {
        JobFileArgument,
        SharedOptions.Set,
        Seed,
        Kills,
        Runs,
        Silos,
        Servers,
        RoleOptions.SharedMemory,
        Out,
        PageOptions.Page,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var file = context.GetOrDefault(JobFileArgument);
        var job = JobFileInput.Read(file, context.Get(SharedOptions.Set), context.Error, BuiltIn);
        var plan = new ChaosPlan(job, context.Get(Silos), context.Get(Servers), context.Get(Kills)) { SharesMemory = RoleOptions.SharesMemory(context) };
        if (job.Spec.Checkpoint.EverySteps == 0)
            throw CommandException.BadInput("checkpoint.everySteps is 0: a job under faults needs checkpoints to go on from; add e.g. --set checkpoint.everySteps=20");
        if (job.Spec.MicroBatch == MicroBatches.Open)
            throw CommandException.BadInput($"spec.microBatch is {MicroBatches.Auto}: each run would find one of its own, and runs of different ones have different bits; add e.g. --set microBatch=64");
        var folder = ResultsFolder<ChaosResult>.Open(context.GetOrDefault(Out) ?? Path.Combine("chaos", job.Name));
        await using var page = await LivePage.OpenAsync(context, job.Name, PageOptions.PortOf(context), context.Get(Runs) + 1);
        var run = new ChaosRun(context, plan, folder, page);
        if (job.Spec.Steps is { } steps)
            run.RequireRoom(steps);
        context.Interruption.EndsInOrder = context.Interruption.HandlesForce = true;
        IReadOnlyList<ChaosResult> results;
        try
        {
            results = await run.RunAsync([.. Enumerable.Range(context.Get(Seed), context.Get(Runs))]);
        }
        catch (OperationCanceledException) when (context.Interruption.Requested.IsCancellationRequested)
        {
            await context.Error.WriteLineAsync("interrupted; the same command goes on where it stopped");
            return ExitCode.Cancelled;
        }

        var failed = results.Where(r => r.State == ChaosResult.Failed).ToList();
        foreach (var result in failed)
            await ReportAsync(context, folder, plan, result);
        context.Print(
            new ChaosEvent(results.Count, failed.Count, results[0].WeightsSha256, folder.Path),
            failed.Count == 0
                ? $"{results.Count - 1} disturbed runs: the same weights, history and checkpoints as undisturbed; {Path.Combine(folder.Path, "table.md")}"
                : $"{failed.Count} of {results.Count - 1} disturbed runs failed; {Path.Combine(folder.Path, "table.md")}");
        return failed.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task ReportAsync(CommandContext context, ResultsFolder<ChaosResult> folder, ChaosPlan plan, ChaosResult result)
    {
        var seed = result.Run["seed-".Length..];
        var file = context.GetOrDefault(JobFileArgument) is { } path ? $" {path}" : "";
        var settings = string.Concat(context.Get(SharedOptions.Set).Select(set => $" --set '{set}'"));
        await context.Error.WriteLineAsync($"seed {seed} failed; all of it is in {folder.RunFolder(result.Run)}");
        foreach (var violation in result.Violations)
            await context.Error.WriteLineAsync($"  {violation}");
        await context.Error.WriteLineAsync(
            $"  again: disttrain chaos{file} --seed {seed} --runs 1 --kills {plan.Kills} --silos {plan.Silos} --servers {plan.Servers}{(plan.SharesMemory ? "" : " --shared-memory off")}{settings} --out chaos-{seed}");
    }
}

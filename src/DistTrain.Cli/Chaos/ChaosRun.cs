using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Reports;
using DistTrain.Cli.Results;
using DistTrain.Cli.Verification;
using DistTrain.Client;

namespace DistTrain.Cli.Chaos;

/// <summary>Runs a job once undisturbed and then under the faults of each seed, each time on a cluster of its own, and checks what came out.</summary>
internal sealed class ChaosRun(CommandContext context, ChaosPlan plan, ResultsFolder<ChaosResult> folder, LivePage? page)
{
    /// <summary>What is done already stays; a run that was cut short is done again.</summary>
    /// <param name="seeds">Of the disturbed runs.</param>
    /// <returns>A result for the undisturbed run and for each seed.</returns>
    /// <exception cref="CommandException">The undisturbed run failed, or is too short for the faults.</exception>
    /// <exception cref="OperationCanceledException">The user wants to stop.</exception>
    public async Task<IReadOnlyList<ChaosResult>> RunAsync(IReadOnlyList<int> seeds)
    {
        Signals.IgnoreFileSizeSignal();
        List<ChaosResult> results = [];
        Tell(results, folder.Find(ChaosResult.Undisturbed, plan.Setup) ?? await UndisturbedAsync());
        var baseline = new Baseline(
            results[0].Steps, results[0].WeightsSha256!, results[0].Seconds, HistoryEntry.ReadAll(folder.RunFolder(ChaosResult.Undisturbed)));
        RequireRoom(baseline.Steps);
        foreach (var seed in seeds)
        {
            context.Interruption.Requested.ThrowIfCancellationRequested();
            Tell(results, folder.Find($"seed-{seed}", plan.Setup) ?? await DisturbedAsync(seed, baseline));
        }

        return results;
    }

    /// <exception cref="CommandException">The job has too few steps for its faults.</exception>
    public void RequireRoom(long steps)
    {
        if (steps < plan.Faults.FewestSteps)
        {
            throw CommandException.BadInput(
                $"the job has {steps} steps; {plan.Kills} kills and the faults beside them need at least {plan.Faults.FewestSteps}: give it more steps or a smaller batch, or --kills a smaller number");
        }
    }

    private async Task<ChaosResult> UndisturbedAsync()
    {
        var started = context.Clock.GetTimestamp();
        var outcome = await RunAsync(ChaosResult.Undisturbed, faults: null);
        if (outcome.Ended.State != JobState.Completed)
            throw CommandException.Failed($"the undisturbed run failed, so there is nothing to compare with: {outcome.Ended.Error}; see {outcome.Folder}");
        return Result(ChaosResult.Undisturbed, outcome, started, []);
    }

    private async Task<ChaosResult> DisturbedAsync(int seed, Baseline baseline)
    {
        var started = context.Clock.GetTimestamp();
        var run = $"seed-{seed}";
        var outcome = await RunAsync(run, plan.Faults.Of(seed, baseline.Steps), baseline.Steps);
        return Result(run, outcome, started, new RunCheck(plan.Job, baseline, folder => RunVerification.Of(folder).Problems).Of(outcome));
    }

    private async Task<RunOutcome> RunAsync(string name, IReadOnlyList<Fault>? faults, long steps = 0)
    {
        var run = RunFolder.Create(folder.NewRun(name));
        var job = run.Keep(plan.Job);
        using var history = new RunHistory(Path.Combine(run.FullPath, "history.jsonl"), context.Clock);
        List<ChaosProxy> doors = [];
        try
        {
            // The undisturbed run has the proxies too: what is lost under faults is lost by faults.
            var cluster = new LocalCluster(new ClusterPlan(run.FullPath, plan.Servers, plan.Silos, plan.Job.Spec.Determinism) { SharesMemory = plan.SharesMemory }, SelfExecutable.Current, context.Clock, history.Exited)
            {
                MostFailures = int.MaxValue,
                ServerDoor = server =>
                {
                    doors.Add(new ChaosProxy(server, context.Clock));
                    return doors[^1].Door;
                },
            };
            await using (cluster)
            {
                var nemesis = new Nemesis(cluster, doors, history, run.FullPath, context.Clock) { Over = fault => Tell(name, fault) };
                var disturbing = faults is null ? Task.CompletedTask : nemesis.RunAsync(faults, steps);
                var ended = new JobSummary();
                try
                {
                    var id = NewJobId.Make(job.Name, context.Clock);
                    ended = await new LocalRun(context, run, cluster, history) { Watcher = page?.Begin(run, id, job) }.RunAsync(id, job);
                }
                catch (Exception e) when (e is CommandException or DistTrainException && faults is not null)
                {
                    // Under faults, a result.
                    ended = new JobSummary { State = JobState.Failed, Error = e.Message };
                }
                finally
                {
                    history.End();
                    await disturbing;
                }

                Report.Leave(run.FullPath, context.Error, context.Clock);
                page?.End(run);
                if (ended.State == JobState.Cancelled)
                    throw new OperationCanceledException("interrupted", context.Interruption.Requested);
                return new RunOutcome(
                    run.FullPath,
                    ended,
                    history.Steps,
                    faults is null ? 0 : plan.Kills,
                    nemesis.Done,
                    history.Exits.Count(e => e.Name.StartsWith("server-", StringComparison.Ordinal)));
            }
        }
        finally
        {
            foreach (var door in doors)
                await door.DisposeAsync();
        }
    }

    private ChaosResult Result(string run, RunOutcome outcome, long started, IReadOnlyList<Violation> violations)
    {
        var result = new ChaosResult(
            run,
            violations.Count == 0 ? ChaosResult.Passed : ChaosResult.Failed,
            outcome.Faults.CountBy(f => f.Kind).ToDictionary(),
            outcome.Kills,
            outcome.Ended.Result?.Recoveries ?? 0,
            outcome.Ended.Result?.RedoneSteps ?? 0,
            outcome.Ended.Result?.Steps ?? outcome.Ended.Step,
            Math.Round(context.Clock.GetElapsedTime(started).TotalSeconds, 1),
            outcome.Faults.Max(f => f.StalledSeconds) ?? 0,
            outcome.Ended.Result?.WeightsSha256,
            plan.Setup,
            [.. violations.Select(v => v.ToString())]);
        folder.Add(result);
        return result;
    }

    private void Tell(string run, FaultReport fault) => context.Print(
        new FaultEvent(run, fault.Step, fault.Kind, fault.Target, fault.StalledSeconds),
        $"  step {fault.Step}: {fault.Text}{(fault.StalledSeconds is { } stalled ? $"; longest wait for a step {stalled:F1} s" : "")}");

    private void Tell(List<ChaosResult> results, ChaosResult result)
    {
        results.Add(result);
        folder.WriteTable(ChaosTable.Markdown(plan.Summary, results));
        var lost = result.Seconds - results[0].Seconds;
        var others = result.Faults.Values.Sum() - result.Faults.GetValueOrDefault("kill");
        context.Print(
            new ChaosRunEvent(
                result.Run, result.State, result.Kills, others, result.Recoveries, result.RedoneSteps, result.Seconds, Math.Round(lost, 1), result.WeightsSha256, result.Violations),
            $"{result.Run}: {result.State}, {result.Kills} kills and {others} other faults, {result.Recoveries} recoveries, {result.RedoneSteps} steps redone, {result.Seconds:F0} s, {result.WeightsSha256}");
    }
}

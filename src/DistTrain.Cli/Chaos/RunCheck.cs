using System.Text.Json;
using DistTrain.Client;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Recipes;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// Looks for what no fault may change: the end, the weights, the history, the checkpoints. Every violation is named, not only the first.
/// </summary>
/// <param name="job">The job of all runs.</param>
/// <param name="undisturbed">What a run is compared with.</param>
/// <param name="verify">What is wrong with the run of a folder by itself: its ledger against the job and the data.</param>
internal sealed class RunCheck(TrainingJob job, Baseline undisturbed, Func<string, IReadOnlyList<string>> verify)
{
    /// <summary>Lines of the history that are shown of one difference.</summary>
    private const int LineShown = 200;

    /// <summary>What did not hold; empty for a good run.</summary>
    public IReadOnlyList<Violation> Of(RunOutcome run)
    {
        if (run.Ended is not { State: JobState.Completed, Result: { } result })
            return [new Violation("no crash changes the result", "the job completed", $"{Display.JobStates.Name(run.Ended.State)}: {run.Ended.Error}")];
        return [.. Plan(run), .. Weights(result), .. Watched(run), .. History(run), .. Ledger(run), .. Redone(run, result), .. Checkpoints(run)];
    }

    private static IEnumerable<Violation> Plan(RunOutcome run)
    {
        if (run.Kills < run.PlannedKills)
            yield return new Violation("plan", $"{run.PlannedKills} kills while the job trained", $"{run.Kills} before it ended; give it more steps");
    }

    private IEnumerable<Violation> Weights(JobResult result)
    {
        var found = result.WeightsSha256;
        if (found != undisturbed.WeightsSha256)
            yield return new Violation("G3, G4 same weights", undisturbed.WeightsSha256, found);
    }

    private IEnumerable<Violation> Watched(RunOutcome run)
    {
        if (OutOfOrder(run.Steps, undisturbed.Steps) is { } found)
            yield return new Violation("G1, G5 each step is told once and in order", $"1 to {undisturbed.Steps}", found);
    }

    private IEnumerable<Violation> History(RunOutcome run)
    {
        IReadOnlyList<HistoryEntry> history;
        try
        {
            history = HistoryEntry.ReadAll(run.Folder);
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException)
        {
            return [new Violation("G1 committed history", "metrics.jsonl can be read", e.Message)];
        }

        List<Violation> violations = [];
        if (OutOfOrder([.. history.Where(e => e.IsStep).Select(e => e.Step)], undisturbed.Steps) is { } found)
            violations.Add(new Violation("G1, G5 each step is in metrics.jsonl once and in order", $"1 to {undisturbed.Steps}", found));
        var pairs = Enumerable.Range(0, Math.Max(history.Count, undisturbed.History.Count))
            .Select(i => (Line: i + 1, Expected: undisturbed.History.ElementAtOrDefault(i)?.Text ?? "no such line", Found: history.ElementAtOrDefault(i)?.Text ?? "no such line"))
            .Where(pair => pair.Expected != pair.Found)
            .ToList();
        if (pairs is [var first, ..])
        {
            violations.Add(new Violation(
                "G3, G4 same loss log", $"line {first.Line}: {Cut(first.Expected)}", $"{Cut(first.Found)} ({pairs.Count} of {undisturbed.History.Count} lines differ)"));
        }

        return violations;
    }

    private IEnumerable<Violation> Ledger(RunOutcome run) =>
        verify(run.Folder).Select(problem => new Violation("G1, G5 clean ledger", "the run is what its job and data say", problem));

    /// <summary>
    /// A server that is lost costs at most two intervals, as a save may be in flight; a checkpoint that was damaged, one more.
    /// </summary>
    private IEnumerable<Violation> Redone(RunOutcome run, JobResult result)
    {
        var every = job.Spec.Checkpoint.EverySteps;
        var bound = (long)every * ((2 * run.ServerEnds) + run.Damages);
        if (result.RedoneSteps > bound)
            yield return new Violation("G2 durable steps", $"at most {bound} steps done again after {run.ServerEnds} ends of servers and {run.Damages} damaged checkpoints", $"{result.RedoneSteps}");
    }

    private IEnumerable<Violation> Checkpoints(RunOutcome run)
    {
        var found = CheckpointHarm.Sealed(run.Folder);
        if (found.FirstOrDefault(-1) != undisturbed.Steps)
            yield return new Violation("G6 checkpoints", $"one of the last step, {undisturbed.Steps}", found.Count == 0 ? "none" : $"the newest is of step {found[0]}");
        var damaged = found.Select(step => CheckpointHarm.ProblemOf(run.Folder, step)).OfType<string>().ToList();
        foreach (var problem in damaged)
            yield return new Violation("G6 checkpoints", "each of them whole", problem);
        if (damaged.Count > 0 || found.Count == 0)
            yield break;
        var (folder, manifest) = CheckpointReader.Find(StepFolders.Of(run.Folder, found[0]));
        var saved = WeightsHash.Compute(LayoutJson.Read(manifest.Layout), CheckpointReader.ReadVector(folder, manifest));
        if (found[0] == undisturbed.Steps && saved != undisturbed.WeightsSha256)
            yield return new Violation("G6 checkpoints", $"that of the last step has the weights {undisturbed.WeightsSha256}", saved);
    }

    /// <summary>Null when the steps are 1 to <paramref name="last"/>.</summary>
    private static string? OutOfOrder(IReadOnlyList<long> steps, long last)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i] != i + 1)
                return $"{steps[i]} where {i + 1} was due";
        }

        return steps.Count == last ? null : $"{steps.Count} steps";
    }

    private static string Cut(string line) => line.Length <= LineShown ? line : line[..LineShown] + "…";
}

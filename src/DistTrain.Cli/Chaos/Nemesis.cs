using System.Text.Json;
using DistTrain.Cli.Cluster;

namespace DistTrain.Cli.Chaos;

/// <summary>Brings the planned faults about, one after the other, each once its step is reached and the cluster is over the one before.</summary>
/// <param name="cluster">Its processes are struck.</param>
/// <param name="doors">The proxy before each server.</param>
/// <param name="history">Tells how far the job is.</param>
/// <param name="run">The run's folder.</param>
/// <param name="clock">Dates faults and measures their lengths.</param>
internal sealed class Nemesis(LocalCluster cluster, IReadOnlyList<ChaosProxy> doors, RunHistory history, string run, TimeProvider clock)
{
    /// <summary>From a look at the processes, or at the checkpoints, to the next.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly List<FaultReport> _done = [];
    private int _over;

    /// <summary>The faults that struck.</summary>
    public IReadOnlyList<FaultReport> Done => _done;

    /// <summary>Told of each fault once the cluster is over it.</summary>
    public Action<FaultReport> Over { get; init; } = _ => { };

    private string RecordFile => Path.Combine(run, "nemesis.jsonl");

    /// <summary>Returns after the last fault, or when the job has ended; nothing is disturbed any more then.</summary>
    /// <param name="plan">The faults in order.</param>
    /// <param name="steps">Steps of the job.</param>
    public async Task RunAsync(IReadOnlyList<Fault> plan, long steps)
    {
        try
        {
            for (var i = 0; i < plan.Count; i++)
            {
                await history.ReachedAsync(plan[i].Step, history.Over);
                if (IsBehind(plan, i, steps))
                {
                    history.Note($"{plan[i]}: left out, so that the kills behind it find a training job");
                    continue;
                }

                history.RestartStall();
                await StrikeAsync(plan[i], steps);
                // A fault on top of this one does not wait until the cluster is over it.
                for (; i + 1 < plan.Count && plan[i + 1].OnTopAfter is { } after; i++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(after), clock, history.Over);
                    await StrikeAsync(plan[i + 1], steps);
                }

                await RecoveredAsync();
                await RecordAsync(Math.Round(history.LongestStall.TotalSeconds, 2));
            }
        }
        catch (OperationCanceledException) when (history.Over.IsCancellationRequested)
        {
            // The job was faster, or has failed.
            await RecordAsync(stalledSeconds: null);
        }
    }

    private async Task StrikeAsync(Fault fault, long steps)
    {
        if (fault.Kind == FaultKind.Damage)
            await UntilAsync(() => CheckpointHarm.Usable(run).Count > 1);
        // The last checkpoint must find room: a job whose end cannot be saved has nothing to be compared.
        if (fault.Kind == FaultKind.Disk && history.Step + (2 * fault.Steps) > steps)
        {
            history.Note($"{fault}: left out so near the end of the job");
            return;
        }

        var (target, process) = await RunningAsync(fault.Target);
        _done.Add(new FaultReport(
            fault.Step, history.Step, fault.Name, target.Name, process, clock.GetUtcNow(), fault.ToString(), StalledSeconds: null));
        history.Note(fault.ToString());
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                Signals.Kill(process);
                break;
            case FaultKind.Damage:
                Signals.Kill(process);
                // While the server is down no checkpoint is completed, so the newest is the one that would be gone on from.
                await target.Exited;
                Add(CheckpointHarm.Do(run, fault.Harm, fault.Place));
                break;
            case FaultKind.Stop:
                await DuringAsync(fault.Seconds, () => Signals.Stop(process), () => Signals.Continue(process));
                break;
            case FaultKind.Cut:
                Add($"{doors[fault.Target.Index].Cut()} connections");
                break;
            case FaultKind.Delay:
                var slow = doors[fault.Target.Index];
                await DuringAsync(fault.Seconds, () => slow.Delay = TimeSpan.FromMilliseconds(fault.Milliseconds), () => slow.Delay = TimeSpan.Zero);
                break;
            case FaultKind.Silence:
                var silent = doors[fault.Target.Index];
                await DuringAsync(fault.Seconds, silent.Silence, silent.Restore);
                break;
            case FaultKind.Disk:
                await FillDiskAsync(fault, process);
                break;
        }
    }

    /// <summary>Until enough steps are committed; the next fault comes after a checkpoint that was written since, so that none costs more than its own.</summary>
    private async Task FillDiskAsync(Fault fault, int process)
    {
        Signals.LimitFiles(process, writable: false);
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(fault.Seconds), clock);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, history.Over);
            await history.ReachedAsync(history.Step + fault.Steps, end.Token);
        }
        catch (OperationCanceledException) when (!history.Over.IsCancellationRequested)
        {
            // Long enough.
        }
        finally
        {
            Signals.LimitFiles(process, writable: true);
        }

        var since = history.Step;
        await UntilAsync(() => CheckpointHarm.Sealed(run) is [var newest, ..] && newest > since);
    }

    private async Task DuringAsync(double seconds, Action begin, Action end)
    {
        begin();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), clock, history.Over);
        }
        finally
        {
            end();
        }
    }

    private Task RecoveredAsync() => history.ReachedAsync(history.Step + FaultPlan.StepsToRecover, history.Over);

    /// <summary>What strikes late leaves less room for the rest: the kills, which were asked for, go first.</summary>
    private bool IsBehind(IReadOnlyList<Fault> plan, int index, long steps)
    {
        var kills = plan.Skip(index).Count(f => f.Kind == FaultKind.Kill);
        return plan[index].Kind != FaultKind.Kill && history.Step + (2 * FaultPlan.StepsToRecover * (kills + 1)) > steps;
    }

    /// <summary>The target, or the next of its role that runs, when it is just being started again.</summary>
    private async Task<(SupervisedChild Child, int Process)> RunningAsync(FaultTarget target)
    {
        var role = target.IsServer ? cluster.ServerProcesses : cluster.SiloProcesses;
        while (true)
        {
            for (var i = 0; i < role.Count; i++)
            {
                var child = role[(target.Index + i) % role.Count];
                if (child.ProcessId is { } process)
                    return (child, process);
            }

            await Task.Delay(Look, clock, history.Over);
        }
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(Look, clock, history.Over);
    }

    private void Add(string what)
    {
        _done[^1] = _done[^1] with { Text = $"{_done[^1].Text}: {what}" };
        history.Note(what);
    }

    /// <summary>Those that were not over yet are.</summary>
    private async Task RecordAsync(double? stalledSeconds)
    {
        for (; _over < _done.Count; _over++)
        {
            _done[_over] = _done[_over] with { StalledSeconds = stalledSeconds };
            Over(_done[_over]);
        }

        await File.WriteAllLinesAsync(RecordFile, _done.Select(report => JsonSerializer.Serialize(report, ChaosLine.Json.FaultReport)));
    }
}

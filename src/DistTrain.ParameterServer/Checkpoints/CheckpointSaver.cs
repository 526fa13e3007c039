using System.Diagnostics;
using DistTrain.Observability;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Microsoft.Extensions.Logging;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Decides when a partition's part is saved, and saves it in the background while training goes on.</summary>
/// <param name="plan">The partition's plan.</param>
/// <param name="folder">Where parts go.</param>
/// <param name="history">Flushed before a part is offered: a checkpoint comes with the history up to it. Null on servers that do not lead.</param>
/// <param name="restored">Step of the checkpoint that the partition started from: it need not be saved again; −1: none.</param>
/// <param name="logger">Told of saves.</param>
internal sealed class CheckpointSaver(PartitionPlan plan, CheckpointFolder folder, TrainingHistory? history, long restored, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<CheckpointPart> _saved = [];
    private readonly long _restored = restored;
    private Task _saving = Task.CompletedTask;
    private (Task Save, long Step) _awaited = (Task.CompletedTask, -1);
    private long _begun = -1;
    private long _lastSaved = restored;
    private volatile Snapshot? _pending;
    private volatile string? _error;
    private bool _forgot;

    /// <summary>The snapshot whose buckets are still to be copied, or null.</summary>
    public Snapshot? Pending => _pending;

    /// <summary>Parts on disk that are not sealed, in order of step.</summary>
    public IReadOnlyList<CheckpointPart> Saved
    {
        get
        {
            lock (_gate)
                return [.. _saved];
        }
    }

    /// <summary>The step whose save is still running while the ranks wait for it, as the next one is due; null: they wait for none.</summary>
    public long? Awaited
    {
        get
        {
            lock (_gate)
                return _awaited.Save.IsCompleted ? null : _awaited.Step;
        }
    }

    /// <summary>Why the last write failed, or null.</summary>
    public string? Error => _error;

    /// <summary>A version was committed: starts a save if one is due. Called before any bucket of the next step is stepped.</summary>
    /// <returns>
    /// Completes when the ranks may go on: they wait where a save is due and the one before is still running, so that never more than two
    /// intervals of steps are missing on disk, and all servers save the same steps.
    /// </returns>
    public Task Committed(ReplicaGroup replica, OpenStep step)
    {
        var every = plan.Job.Spec.Checkpoint.EverySteps;
        // Where the ranks part, their common version is worth keeping: while each has its own there is none to save.
        var due = step.IsLast || step.Sharing != Sharing.Together || (every > 0 && step.Version % every == 0);
        return due ? Begin(replica, step) : Task.CompletedTask;
    }

    /// <summary>Begins to save the version that the partition starts from. Called before any rank is there.</summary>
    public void SaveStart(ReplicaGroup replica) => _ = Begin(replica, replica.Open);

    /// <summary>Saves the committed version of a replica at rest, unless it is saved already.</summary>
    public async Task SaveNowAsync(ReplicaGroup replica)
    {
        await FinishAsync();
        if (_lastSaved != replica.Open.Version)
            _ = Begin(replica, replica.Open);
        await FinishAsync();
    }

    /// <summary>Returns when what was begun is on disk, or has failed.</summary>
    public Task FinishAsync()
    {
        lock (_gate)
            return _saving;
    }

    /// <summary>
    /// The checkpoint of which these are all parts is complete: it and what is older need not be offered again. Nothing happens where this server
    /// does not offer its part of it: it was sealed before, or belongs to another generation.
    /// </summary>
    /// <param name="parts">One of each server.</param>
    /// <param name="keep">Steps of the sealed checkpoints that stay, this one included.</param>
    public void Seal(IReadOnlyList<CheckpointPart> parts, IReadOnlyCollection<long> keep)
    {
        var step = parts[0].Step;
        if (!Saved.Any(own => own.Step == step && own.Generation == parts[0].Generation))
            return;
        Try($"checkpoint of step {step}", () =>
        {
            // Every server writes it: with a folder of its own it serves its part from there, in a shared one the file is the same.
            folder.WriteManifest(CheckpointManifest.Of(plan, parts), plan.Server);
            lock (_gate)
                _saved.RemoveAll(p => p.Step <= step);
            // A probe goes on from all of its versions.
            if (plan.Probe is null)
                folder.Prune(keep);
        });
    }

    /// <summary>Deletes all versions before the last: nobody goes on from them any more.</summary>
    public void Prune(long last) => Try("the versions of a probe", () => folder.Prune([last]));

    /// <summary>Brings the history to disk when nothing more will be saved. Where nothing has happened since the start, nothing on disk is touched.</summary>
    public void FlushHistory()
    {
        if (_forgot || history is { HasNew: true })
            Try("metrics.jsonl", BringHistory);
    }

    /// <returns>The save before it.</returns>
    private Task Begin(ReplicaGroup replica, OpenStep step)
    {
        lock (_gate)
        {
            // Only one snapshot can be in the making: whatever the one before still lacks is copied now, while it is the committed version.
            if (_pending is { } before)
                CaptureAll(before);
            var (saving, snapshot) = (_saving, new Snapshot(replica, step, plan));
            if (!saving.IsCompleted)
            {
                _awaited = (saving, _begun);
                CheckpointLog.Waiting(logger, plan.JobId, step.Version);
            }

            _begun = step.Version;
            _pending = snapshot;
            _saving = Task.Run(async () =>
            {
                await saving;
                // A checkpoint comes with the history up to it, and that may still lack what other servers tell.
                await (history?.Pending.Until(snapshot.Step.Version) ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Save(snapshot);
            });
            return saving;
        }
    }

    private void CaptureAll(Snapshot snapshot)
    {
        for (var index = 0; index < plan.Buckets.Count; index++)
            snapshot.Replica.Capture(snapshot, index);
    }

    private void Save(Snapshot snapshot) => Try($"checkpoint of step {snapshot.Step.Version}", () =>
    {
        CaptureAll(snapshot);
        Interlocked.CompareExchange(ref _pending, null, snapshot);
        if (history?.Pending.Until(snapshot.Step.Version).IsCanceled == true)
            throw new IOException("not all servers have told of the steps before it; it is left out");
        BringHistory();
        var started = Stopwatch.GetTimestamp();
        var part = folder.WritePart(snapshot, plan);
        TrainingMeter.CheckpointDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, TrainingMeter.Job(plan.JobId));
        lock (_gate)
        {
            _saved.Add(part);
            _lastSaved = part.Step;
        }

        _error = null;
        CheckpointLog.Saved(logger, plan.JobId, snapshot.Step.Version);
    });

    /// <summary>
    /// The history comes to disk before what is saved with it. Before the first time, later steps than the one that the partition started from
    /// are forgotten: they would be newer than the history. Not earlier, since until then nothing of them may be overwritten: also the next
    /// server may find its part damaged, or the one before be asked for again.
    /// </summary>
    private void BringHistory()
    {
        if (!_forgot)
            folder.ForgetAfter(_restored, plan.Server);
        _forgot = true;
        history?.Flush();
    }

    private void Try(string what, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e)
        {
            // Whatever it was: an exception that got out would fail every later save too, since each waits for the one before.
            // (A file that may not grow any further is no IOException to .NET.)
            _error = $"{what}: {e.Message}";
            TrainingMeter.CheckpointFailures.Add(1, TrainingMeter.Job(plan.JobId));
            CheckpointLog.Failed(logger, plan.JobId, what, e);
        }
    }
}

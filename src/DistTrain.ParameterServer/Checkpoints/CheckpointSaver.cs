using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
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
    private Task _saving = Task.CompletedTask;
    private long _lastSaved = restored;
    private volatile Snapshot? _pending;
    private volatile string? _error;

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

    /// <summary>Why the last save failed, or null.</summary>
    public string? Error => _error;

    public CheckpointFolder Folder => folder;

    /// <summary>A version was committed: starts a save if one is due. Called before any bucket of the next step is stepped.</summary>
    public void Committed(ReplicaGroup replica, OpenStep step)
    {
        var every = plan.Job.Spec.Checkpoint.EverySteps;
        // Where the ranks part, their common version is worth keeping: while each has its own there is none to save.
        var due = step.IsLast || step.Sharing != Sharing.Together || (every > 0 && step.Version % every == 0);
        if (due)
            Begin(replica, step);
    }

    /// <summary>Saves the committed version of a replica at rest, unless it is saved already.</summary>
    public async Task SaveNowAsync(ReplicaGroup replica)
    {
        await _saving;
        if (_lastSaved != replica.Open.Version)
            Begin(replica, replica.Open);
        await _saving;
    }

    /// <summary>Returns when what was begun is on disk, or has failed.</summary>
    public Task FinishAsync()
    {
        lock (_gate)
            return _saving;
    }

    /// <summary>The checkpoint of <paramref name="step"/> is complete on all servers: it and what is older need not be offered again.</summary>
    public void Sealed(long step)
    {
        lock (_gate)
            _saved.RemoveAll(p => p.Step <= step);
    }

    private void Begin(ReplicaGroup replica, OpenStep step)
    {
        lock (_gate)
        {
            // A save that is still running covers an older step; this one is skipped unless it is the last.
            if (!_saving.IsCompleted && !step.IsLast && step.Sharing == Sharing.Together)
            {
                CheckpointLog.Skipped(logger, plan.JobId, step.Version);
                return;
            }

            var before = _saving;
            var snapshot = new Snapshot(replica, step, plan);
            if (before.IsCompleted)
                _pending = snapshot;
            _saving = Task.Run(async () =>
            {
                await before;
                _pending = snapshot;
                Save(snapshot);
            });
        }
    }

    private void Save(Snapshot snapshot)
    {
        try
        {
            for (var index = 0; index < plan.Buckets.Count; index++)
                snapshot.Replica.Capture(snapshot, index);
            _pending = null;
            history?.Flush();
            var part = folder.WritePart(snapshot, plan);
            lock (_gate)
            {
                _saved.Add(part);
                _lastSaved = part.Step;
            }

            _error = null;
            CheckpointLog.Saved(logger, plan.JobId, snapshot.Step.Version);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _error = $"checkpoint of step {snapshot.Step.Version}: {e.Message}";
            CheckpointLog.Failed(logger, plan.JobId, snapshot.Step.Version, e);
        }
    }
}

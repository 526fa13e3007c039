using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// The phase of a partition, and the gate that guards it and what belongs to whole steps. It is changed by who holds the gate and read by anybody:
/// <code>
/// Training ──▶ Ending ──▶ Stopped
///     └──────────┴──▶ Stalled ──▶ Stopped
/// </code>
/// </summary>
internal sealed class PhaseStore
{
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PartitionPhase _now = new PartitionPhase.Training();

    /// <summary>Guards sessions and what belongs to whole steps. A bucket's gate is never taken while it is held.</summary>
    public Lock Gate { get; } = new();

    public PartitionPhase Now => _now;

    public bool IsStopped => _now is PartitionPhase.Stopped;

    /// <summary>Why the open step must not be taken, or null.</summary>
    public StepFault? Fault => Stall?.Fault;

    /// <summary>Why it could not be taken, or null.</summary>
    public string? Error => Stall?.Error;

    /// <summary>Completes when there is nothing to wait for before the end.</summary>
    public Task Quiet => _quiet.Task;

    private PartitionPhase.Stalled? Stall => _now switch
    {
        PartitionPhase.Stalled stalled => stalled,
        PartitionPhase.Stopped stopped => stopped.Why,
        _ => null,
    };

    /// <summary>No step is begun after <paramref name="last"/>.</summary>
    public void EndAfter(long last)
    {
        if (_now is PartitionPhase.Training)
            _now = new PartitionPhase.Ending(last);
    }

    /// <summary>Nobody is left who would close the open step.</summary>
    public void Quieten() => _quiet.TrySetResult();

    /// <summary>The open step is not taken. What is learned of it after the end changes nothing.</summary>
    public void StallAt(PartitionPhase.Stalled stalled)
    {
        if (IsStopped)
            return;
        _now = stalled;
        Quieten();
    }

    /// <summary>The end.</summary>
    public void Stop() => _now = new PartitionPhase.Stopped(Stall);
}

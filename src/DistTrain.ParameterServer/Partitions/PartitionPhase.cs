using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>Where a partition stands. Immutable; <see cref="PhaseStore"/> holds the one that it is in.</summary>
internal abstract record PartitionPhase
{
    /// <summary>The last step that is made.</summary>
    public virtual long LastStep => long.MaxValue;

    /// <summary>The job's grain has asked for the end, or it has come.</summary>
    public bool IsOver => this is Ending or Stopped;

    /// <summary>Steps are made.</summary>
    public sealed record Training : PartitionPhase;

    /// <summary>The open step may still close; none is begun after it.</summary>
    /// <param name="Last">The step.</param>
    public sealed record Ending(long Last) : PartitionPhase
    {
        public override long LastStep => Last;
    }

    /// <summary>The open step stays open and its ranks wait: nothing more is committed.</summary>
    /// <param name="Fault">Why it must not be taken; null where it could not be.</param>
    /// <param name="Error">Why it could not be taken; null where it must not be.</param>
    public sealed record Stalled(StepFault? Fault, string? Error = null) : PartitionPhase;

    /// <summary>Nothing comes in any more.</summary>
    /// <param name="Why">Had it stalled before, at what; else null.</param>
    public sealed record Stopped(Stalled? Why) : PartitionPhase;
}

using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// What was seen of a job at one look: what its ranks, its servers and their disks say. Who was not asked, because it was clear already what to do, or because
/// something went wrong first, has said nothing.
/// </summary>
internal sealed record JobLook
{
    /// <summary>What the job is.</summary>
    public required TrainingSpec Spec { get; init; }

    /// <summary>What it needs before its servers can be opened; null: not known yet.</summary>
    public JobPreparation? Preparation { get; init; }

    /// <summary>The servers that the cluster has for it now, in order of its buckets.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>What each of them has on its disk; asked while the job is not open.</summary>
    public IReadOnlyList<StoredCheckpoints> Stored { get; init; } = [];

    /// <summary>Why the job can't go on from what is there, in words for the user.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>How each rank is, by its number; null where none answered.</summary>
    public IReadOnlyList<RankProgress?> Ranks { get; init; } = [];

    /// <summary>How each server stands.</summary>
    public IReadOnlyList<PartitionStatus> Partitions { get; init; } = [];

    /// <summary>The silos that take ranks.</summary>
    public IReadOnlyCollection<string> Takers { get; init; } = [];

    /// <summary>The rank that was moved last, and when.</summary>
    public (RankMove Move, TimeSpan At)? LastMove { get; init; }

    /// <summary>What went wrong, in looking or in what was done about it; null: nothing.</summary>
    public JobTrouble? Trouble { get; init; }

    /// <summary>Since when the server has been asked in vain that has been away longest; null: all have answered.</summary>
    public TimeSpan? AwaySince { get; init; }

    /// <summary>The silo of the job's grain has been asked to end: what fails may fail because of that.</summary>
    public bool SiloLeaves { get; init; }

    /// <summary>The checkpoint that was to be sealed is, as far as it could be.</summary>
    public bool IsSealed { get; init; }
}

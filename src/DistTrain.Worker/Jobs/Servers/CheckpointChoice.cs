using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>A checkpoint that all servers of a job may go on from: what decides is what is on their disks.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Parts">One of each server that wrote it; empty where every server has its manifest.</param>
internal sealed record CheckpointChoice(long Step, IReadOnlyList<CheckpointPart> Parts)
{
    /// <summary>The newest that is sealed on every server, or of which all parts are there; null: none.</summary>
    /// <param name="servers">What each server has.</param>
    /// <param name="elements">Length of the flat vector.</param>
    /// <param name="before">Only steps below it: a later one has been found damaged.</param>
    public static CheckpointChoice? Newest(IReadOnlyList<StoredCheckpoints> servers, int elements, long before) =>
        servers.SelectMany(s => s.Checkpoints).Where(c => c.Step < before)
            .GroupBy(c => c.Step)
            .OrderByDescending(step => step.Key)
            .Select(step => step.Count(c => c.Sealed) == servers.Count ? new CheckpointChoice(step.Key, []) : OfParts(step.Key, step, elements))
            .FirstOrDefault(choice => choice is not null);

    /// <summary>Parts of two generations never make one checkpoint.</summary>
    private static CheckpointChoice? OfParts(long step, IEnumerable<StoredCheckpoint> stored, int elements) =>
        stored.SelectMany(c => c.Parts)
            .GroupBy(p => p.Generation)
            .OrderByDescending(generation => generation.Key)
            .Select(generation => new CheckpointChoice(step, [.. generation.DistinctBy(p => p.Server).OrderBy(p => p.Server)]))
            .FirstOrDefault(choice => choice.Parts.Sum(p => p.Elements) == elements);
}

namespace DistTrain.Optimization.Averaging;

/// <summary>
/// What an averaging makes of a job, its options bound: which phases follow synchronous training, and of which versions a mean is kept. A part that is
/// null does not come.
/// </summary>
/// <param name="Alone">In the end each rank trains a copy of its own on all the data.</param>
/// <param name="Local">From some epoch on each rank steps a copy of its own by its share of each batch.</param>
/// <param name="Mean">The result is the mean of some versions.</param>
public sealed record AveragingPlan(AloneTraining? Alone = null, LocalTraining? Local = null, MeanOfVersions? Mean = null)
{
    /// <summary>The last version is the result.</summary>
    public bool IsNone => Alone is null && Local is null && Mean is null;

    /// <summary>Ranks come to have replicas of their own.</summary>
    public bool HasReplicas => Alone is not null || Local is not null;

    /// <summary>The first epoch after which something is averaged; null where it is not the epoch that decides.</summary>
    public long? StartEpoch => Local?.StartEpoch ?? Mean?.StartEpoch;
}

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>An unfinished job in the queue.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Submitter">Whose it is.</param>
/// <param name="Workers">Its ranks.</param>
/// <param name="Started">True once it may run.</param>
[GenerateSerializer]
[Alias("DistTrain.QueuedJob")]
public sealed record QueuedJob(string JobId, string Submitter, int Workers, bool Started);

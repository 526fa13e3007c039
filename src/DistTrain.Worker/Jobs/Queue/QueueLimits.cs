using DistTrain.Security.Access;

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>What a submitter may have in the queue; null: no limit. See <see cref="SubmitterLimits"/>.</summary>
/// <param name="Jobs">Unfinished jobs.</param>
/// <param name="Ranks">Their ranks.</param>
[GenerateSerializer]
[Alias("DistTrain.QueueLimits")]
public readonly record struct QueueLimits(long? Jobs, long? Ranks);

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>The queue's durable record.</summary>
[GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties)]
[Alias("DistTrain.QueueRecord")]
public sealed class QueueRecord
{
    /// <summary>All jobs in order of submission.</summary>
    public List<string> Jobs { get; set; } = [];

    /// <summary>Those that have not ended, in order, with their number of ranks.</summary>
    public List<QueuedJob> Unfinished { get; set; } = [];
}

namespace DistTrain.Worker.Jobs;

/// <summary>What happened to a job and when.</summary>
/// <param name="Time">Unix time in milliseconds.</param>
/// <param name="Text">For people.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Step">The committed step that the job was seen at then; of a line that says that the servers went on, the one that they went on from.</param>
/// <param name="Redone">Steps that are done again because of it.</param>
[GenerateSerializer]
[Alias("DistTrain.JobLogLine")]
public sealed record JobLogLine(long Time, string Text, JobLogKind Kind = JobLogKind.Note, long Step = 0, long Redone = 0);

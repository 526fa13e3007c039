namespace DistTrain.Worker.Jobs;

/// <summary>What happened to a job and when.</summary>
/// <param name="Time">Unix time in milliseconds.</param>
/// <param name="Text">For people.</param>
/// <param name="Kind">What it is about.</param>
[GenerateSerializer]
[Alias("DistTrain.JobLogLine")]
public sealed record JobLogLine(long Time, string Text, JobLogKind Kind = JobLogKind.Note);

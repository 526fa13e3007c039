namespace DistTrain.Worker.Jobs;

/// <summary>What happened to a job and when.</summary>
/// <param name="Time">Unix time in milliseconds.</param>
[GenerateSerializer]
[Alias("DistTrain.JobLogLine")]
public sealed record JobLogLine(long Time, string Text);

namespace DistTrain.Cli.Chaos;

/// <summary>The undisturbed run.</summary>
/// <param name="Steps">Committed steps.</param>
/// <param name="WeightsSha256">Of the final weights.</param>
/// <param name="Seconds">Wall time, the cluster's start and end included.</param>
/// <param name="History">Its committed history.</param>
internal sealed record Baseline(long Steps, string WeightsSha256, double Seconds, IReadOnlyList<HistoryEntry> History);

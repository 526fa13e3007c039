namespace DistTrain.Client;

/// <summary>A line of the job's log: what it waits for, what was lost and came back.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="Text">One line.</param>
/// <param name="Kind">What it is about.</param>
public sealed record LogLine(DateTimeOffset Time, string Text, LogKind Kind = LogKind.Note) : JobEvent;

namespace DistTrain.Client;

/// <summary>A line of the job's log: what it waits for, what was lost and came back.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="Text">One line.</param>
/// <param name="Kind">What it is about.</param>
public sealed record LogLine(DateTimeOffset Time, string Text, LogKind Kind = LogKind.Note) : JobEvent
{
    /// <summary>The committed step that the job was seen at then; of a line that says that the servers went on, the one that they went on from. 0: none, or not known.</summary>
    public long Step { get; init; }

    /// <summary>Steps that are done again because of it.</summary>
    public long Redone { get; init; }
}

using System.Text.Json.Serialization;

namespace DistTrain.Cli.Chaos;

/// <summary>What became of a fault: a line of <c>nemesis.jsonl</c>.</summary>
/// <param name="Planned">Step at which it was due.</param>
/// <param name="Step">Last committed step when it struck.</param>
/// <param name="Kind">As in <see cref="FaultKind"/>, lower case.</param>
/// <param name="Target">server-0, silo-1, ….</param>
/// <param name="ProcessId">Whom it struck.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Text">The fault in words, with what was done.</param>
/// <param name="StalledSeconds">Longest wait for a committed step from then until three steps after the fault's end; null when the job ended before.</param>
internal sealed record FaultReport(
    long Planned, long Step, string Kind, string Target, int ProcessId, DateTimeOffset At, string Text, double? StalledSeconds)
{
    /// <summary>A process was killed.</summary>
    [JsonIgnore]
    public bool IsKill => Kind is "kill" or "damage";
}

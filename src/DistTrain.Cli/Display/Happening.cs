using System.Text.RegularExpressions;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>What has just happened to a job, in a few words that fit a narrow terminal; the whole line stands in the log.</summary>
internal static partial class Happening
{
    /// <summary>E.g. "rank 3 moves" or "servers restored, 12 steps again"; null for what nobody has to look up for.</summary>
    public static string? Of(LogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Kind switch
        {
            LogKind.Moved when Rank().Match(line.Text) is { Success: true } rank => $"{rank.Value} moves",
            // Before it the log says why: until then nobody knows from which step.
            LogKind.Restored when !line.Text.Contains("goes on from step", StringComparison.Ordinal) => "servers go back to a checkpoint",
            LogKind.Restored when line.Redone > 0 => $"servers restored, {Figures.Count(line.Redone)} {(line.Redone == 1 ? "step" : "steps")} again",
            LogKind.Restored => "servers restored, no step again",
            LogKind.Waits or LogKind.WaitOver or LogKind.Fault => line.Text,
            _ => null,
        };
    }

    [GeneratedRegex("^rank [0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Rank();
}

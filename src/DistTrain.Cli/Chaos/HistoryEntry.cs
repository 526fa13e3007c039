using System.Text;
using DistTrain.Protocol;

namespace DistTrain.Cli.Chaos;

/// <summary>A line of <c>metrics.jsonl</c> without what is measured: the same in every run of a job.</summary>
/// <param name="IsStep">A step; else an evaluation.</param>
/// <param name="Step">Number of the version.</param>
/// <param name="Text">The line.</param>
internal sealed record HistoryEntry(bool IsStep, long Step, string Text)
{
    /// <param name="run">The run's folder.</param>
    /// <exception cref="IOException">There is no history.</exception>
    /// <exception cref="System.Text.Json.JsonException">A line is none.</exception>
    public static IReadOnlyList<HistoryEntry> ReadAll(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(Read)];

    private static HistoryEntry Read(string line)
    {
        var metrics = MetricsJson.Read(line);
        if (metrics.Step is { } step)
            (step.Milliseconds, step.ComputeMilliseconds) = (0, 0);
        return new HistoryEntry(metrics.Step is not null, metrics.Step?.Step ?? metrics.Evaluation.Step, Encoding.UTF8.GetString(MetricsJson.Write(metrics)));
    }
}

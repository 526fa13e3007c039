using System.Text;
using System.Text.Json;
using DistTrain.Protocol;

namespace DistTrain.Cli.Chaos;

/// <summary>A line of <c>metrics.jsonl</c> without what is measured, and without its generation: the same in every run of a job.</summary>
/// <param name="IsStep">A step with an update; else statistics or an evaluation.</param>
/// <param name="Step">Number of the version.</param>
/// <param name="Text">The line.</param>
internal sealed record HistoryEntry(bool IsStep, long Step, string Text)
{
    /// <param name="run">The run's folder.</param>
    /// <exception cref="IOException">There is no history.</exception>
    /// <exception cref="JsonException">A line is none.</exception>
    public static IReadOnlyList<HistoryEntry> ReadAll(string run) =>
        [.. MetricsLine.ReadAll(Path.Combine(run, MetricsLine.FileName)).Select(line => Of(line.Event ?? throw new JsonException(line.Problem)))];

    private static HistoryEntry Of(MetricsEvent metrics)
    {
        if (metrics.Step is { } step)
            (step.Milliseconds, step.ComputeMilliseconds) = (0, 0);
        // The one thing of the ledger that a crash changes.
        if (metrics.Ledger is { } ledger)
            ledger.Generation = 0;
        return new HistoryEntry(metrics.Step is not null, metrics.StepNumber, Encoding.UTF8.GetString(MetricsJson.Write(metrics)));
    }
}

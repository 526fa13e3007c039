using System.Text.Json;
using DistTrain.Protocol.Formats;

namespace DistTrain.Protocol;

/// <summary>
/// A line of a run's history, as all see it who read one. A full disk or a kill may leave the last line cut off; what is before it is sound.
/// </summary>
/// <param name="Event">What the line tells; null where it can't be read.</param>
/// <param name="Problem">File, line and what is wrong; null where there is nothing.</param>
/// <param name="IsLast">Nothing follows: if it can't be read, it was cut off.</param>
public sealed record MetricsLine(MetricsEvent? Event, string? Problem, bool IsLast)
{
    /// <summary>Name of the file in a run's folder.</summary>
    public const string FileName = "metrics.jsonl";

    /// <summary>The lines of a file in order, each read when it is asked for.</summary>
    /// <exception cref="IOException">The file is not there or not readable.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="UnknownFormatException">A line is of another format.</exception>
    public static IEnumerable<MetricsLine> ReadAll(string path)
    {
        using var lines = File.ReadLines(path).GetEnumerator();
        var more = lines.MoveNext();
        for (var number = 1; more; number++)
        {
            var text = lines.Current;
            more = lines.MoveNext();
            yield return Read(text, $"{path}:{number}", isLast: !more);
        }
    }

    private static MetricsLine Read(string text, string place, bool isLast)
    {
        try
        {
            return new MetricsLine(MetricsJson.Read(text, place), null, isLast);
        }
        catch (JsonException e)
        {
            return new MetricsLine(null, isLast ? $"{place}: the last line is cut off, what it told is lost" : $"{place}: {e.Message}", isLast);
        }
    }
}

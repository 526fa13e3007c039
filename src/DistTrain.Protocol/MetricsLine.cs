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

    /// <summary>From one word of how far it is to the next.</summary>
    private const int Lines = 10_000;

    /// <summary>The lines of a file in order, each read when it is asked for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="told">Told now and then which share of it has been read, 0..1.</param>
    /// <exception cref="IOException">The file is not there or not readable.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="UnknownFormatException">A line is of another format.</exception>
    public static IEnumerable<MetricsLine> ReadAll(string path, Action<double>? told = null)
    {
        using var file = new StreamReader(path);
        var next = file.ReadLine();
        for (var number = 1; next is { } text; number++)
        {
            next = file.ReadLine();
            yield return Read(text, $"{path}:{number}", isLast: next is null);
            if (number % Lines == 0)
                told?.Invoke((double)file.BaseStream.Position / file.BaseStream.Length);
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

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistTrain.Cli.Cluster;
using DistTrain.Page.Data;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;

namespace DistTrain.Cli.Reports;

/// <summary>
/// What a long history came to, beside it, so that only the first to open the run reads all of it. It is that of these files, this program and so many
/// buckets alone; whatever differs, the history is read anew. Nothing but the page reads it.
/// </summary>
internal static class HistoryIndex
{
    /// <summary>Name of the file in a run's folder.</summary>
    public const string Name = "metrics-index.json";

    /// <summary>Bytes of a history that has one; shorter ones are read in a second or two.</summary>
    public const long Long = 32 << 20;

    /// <summary>What it was of; null: the history is short, or not there.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="buckets">Of its curves.</param>
    /// <param name="longFrom">Bytes from which on it is long.</param>
    public static string? KeyOf(RunFolder folder, int buckets, long longFrom)
    {
        var history = new FileInfo(Path.Combine(folder.FullPath, MetricsLine.FileName));
        if (!history.Exists || history.Length < longFrom)
            return null;
        var text = new StringBuilder(RunDiary.Program).Append(CultureInfo.InvariantCulture, $" {buckets} {history.Length} {history.LastWriteTimeUtc.Ticks}\n");
        foreach (var file in (string[])[folder.Job, folder.Data, Path.Combine(folder.FullPath, StartFile.FileName)])
            text.Append(TextOf(file)).Append('\0');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>What is there of this key; null: nothing.</summary>
    public static ReadHistory? Read(RunFolder folder, string key)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.FullPath, Name)));
            return document.RootElement.TryGetProperty("of", out var of) && of.ValueEquals(key) ? ReadHistory.FromJson(document.RootElement.GetProperty("history")) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes it, where it can be written.</summary>
    public static void Write(RunFolder folder, string key, ReadHistory history)
    {
        try
        {
            WholeFile.Write(Path.Combine(folder.FullPath, Name), $$"""{"format":1,"of":"{{key}}","history":{{history.ToJson()}}}""" + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A run on a disk that is full, or only to be read, is read anew each time.
        }
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who reads the run does without it too.
            return "";
        }
    }
}

using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>What a job has come to: the weights of its last version, and the lines of its history without what is measured.</summary>
internal sealed record TrainedModel(float[] Weights, IReadOnlyList<string> History)
{
    /// <summary>Of a job at rest.</summary>
    public static async Task<TrainedModel> OfAsync(TinyJob job) => new(await job.ReadVersionAsync(), HistoryIn(job.Folder));

    /// <summary>Of what is on disk; each server's part from its own folder.</summary>
    /// <param name="folders">The job's folder of each server.</param>
    /// <exception cref="CheckpointException">The last checkpoint can't be read.</exception>
    public static TrainedModel OnDisk(IReadOnlyList<string> folders)
    {
        var parts = folders.Select((folder, server) =>
        {
            var (found, manifest) = CheckpointReader.Find(folder);
            var part = manifest.Parts.FirstOrDefault(p => p.Server == server) ?? throw new CheckpointException($"{found}: no part of server {server}");
            return CheckpointReader.ReadPart(found, part);
        });
        return new TrainedModel([.. parts.SelectMany(p => p)], HistoryIn(folders[0]));
    }

    /// <summary>How it differs from another, or null.</summary>
    public string? DifferenceTo(TrainedModel expected)
    {
        if (!MemoryMarshal.AsBytes(Weights.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(expected.Weights.AsSpan())))
            return "the weights are not those of the undisturbed run";
        return History.SequenceEqual(expected.History)
            ? null
            : $"the history is not that of the undisturbed run:\n{string.Join('\n', History)}\nexpected:\n{string.Join('\n', expected.History)}";
    }

    private static List<string> HistoryIn(string folder)
    {
        var file = Path.Combine(folder, "metrics.jsonl");
        return !File.Exists(file) ? [] : [.. File.ReadLines(file).Select(Lasting)];
    }

    private static string Lasting(string line)
    {
        try
        {
            var json = JsonNode.Parse(line)!.AsObject();
            json.Remove("milliseconds");
            (json["ledger"] as JsonObject)?.Remove("generation");
            return json.ToJsonString();
        }
        catch (System.Text.Json.JsonException)
        {
            return $"not JSON: {line}";
        }
    }
}

using System.Text.Json.Nodes;

namespace DistTrain.EndToEnd.Tests;

/// <summary>The committed history of a run.</summary>
internal static class History
{
    /// <summary>The lines of the run's metrics without what is measured and which generation it was.</summary>
    public static List<string> Of(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line =>
        {
            var json = JsonNode.Parse(line)!.AsObject();
            json.Remove("milliseconds");
            json.Remove("computeMilliseconds");
            (json["ledger"] as JsonObject)?.Remove("generation");
            return json.ToJsonString();
        })];

    /// <summary>The lines without what begins with a job's own history: running means of the gauges, and probes, which look first where the last one found it.</summary>
    public static List<string> WithoutMemory(IEnumerable<string> lines) =>
        [.. lines.Select(line => JsonNode.Parse(line)!.AsObject()).Where(json => (string?)json["event"] != "probe").Select(json =>
        {
            json.Remove("noiseScale");
            json.Remove("criticalBatch");
            return json.ToJsonString();
        })];
}

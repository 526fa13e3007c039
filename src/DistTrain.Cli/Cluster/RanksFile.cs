using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DistTrain.Client;
using DistTrain.Page.Data;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Cluster;

/// <summary>Where the time of a run's last steps went, by rank: <c>ranks.json</c> in its folder, beside its log no part of what the job file decides.</summary>
internal static class RanksFile
{
    /// <summary>Name of the file.</summary>
    public const string Name = "ranks.json";

    private static readonly FileFormat Format = new("where a step's time went, by rank", Version: 1);

    /// <summary>As the page has them.</summary>
    public static IReadOnlyList<RankRow> Rows(RankTimings timings) =>
        [.. timings.Ranks.Select(rank => new RankRow(rank.Rank, rank.Silo, rank.Compute, rank.Push, rank.Wait, rank.Update, rank.Pull, rank.IsSlow))];

    /// <summary>Writes it; a run is what it is without.</summary>
    public static void Write(string folder, RankTimings timings)
    {
        try
        {
            var ranks = JsonSerializer.SerializeToNode([.. Rows(timings)], RanksJson.Default.RankRowArray);
            WholeFile.Write(Path.Combine(folder, Name), Format.Stamp(new JsonObject { ["ranks"] = ranks }).ToJsonString() + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full, or the folder is gone: whatever else is to be written there says so.
        }
    }

    /// <summary>What it has; null where there is none, or what is there is none.</summary>
    /// <exception cref="UnknownFormatException">It is of a version that this program does not read.</exception>
    public static IReadOnlyList<RankRow>? Read(string folder)
    {
        try
        {
            var path = Path.Combine(folder, Name);
            return Format.Open(File.ReadAllText(path), path)["ranks"].Deserialize(RanksJson.Default.RankRowArray);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RankRow[]))]
internal sealed partial class RanksJson : JsonSerializerContext;

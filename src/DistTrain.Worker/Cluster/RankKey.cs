using System.Globalization;

namespace DistTrain.Worker.Cluster;

/// <summary>The grain key of a rank: "{jobId}/{rank}".</summary>
/// <param name="JobId">The job; without a slash.</param>
/// <param name="Rank">0 to the job's workers less one.</param>
public readonly record struct RankKey(string JobId, int Rank)
{
    /// <exception cref="FormatException">Not "{jobId}/{rank}".</exception>
    public static RankKey Parse(string key)
    {
        var slash = key.LastIndexOf('/');
        return slash > 0 && int.TryParse(key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var rank)
            ? new RankKey(key[..slash], rank)
            : throw new FormatException($"'{key}' is no rank's key: it must be the job's id, a slash, and the rank's number.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{JobId}/{Rank}");
}

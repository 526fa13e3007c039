using System.Text.Json;
using DistTrain.Cli.Results;

namespace DistTrain.Cli.Chaos;

/// <summary>What became of a run: a line of <c>results.jsonl</c>.</summary>
/// <param name="Run">undisturbed or seed-N.</param>
/// <param name="State">passed or failed.</param>
/// <param name="Faults">How often each kind of fault struck.</param>
/// <param name="Kills">SIGKILLs among them.</param>
/// <param name="Recoveries">How often a rank went on at another silo, or the servers from a checkpoint.</param>
/// <param name="RedoneSteps">Steps done again.</param>
/// <param name="Steps">Committed steps.</param>
/// <param name="Seconds">Wall time, the cluster's start and end included.</param>
/// <param name="LongestStall">Longest wait for a committed step around a fault, s.</param>
/// <param name="WeightsSha256">Of the final weights; null when there are none.</param>
/// <param name="Setup">SHA-256 of all that a run depends on: results of other jobs or clusters are not taken for these.</param>
/// <param name="Violations">What did not hold.</param>
internal sealed record ChaosResult(
    string Run,
    string State,
    IReadOnlyDictionary<string, int> Faults,
    int Kills,
    int Recoveries,
    long RedoneSteps,
    long Steps,
    double Seconds,
    double LongestStall,
    string? WeightsSha256,
    string Setup,
    IReadOnlyList<string> Violations) : IRunResult<ChaosResult>
{
    public const string Undisturbed = "undisturbed";

    public const string Passed = "passed";

    public const string Failed = "failed";

    public string ToJson() => JsonSerializer.Serialize(this, ChaosLine.Json.ChaosResult);

    /// <exception cref="JsonException">The line is no result.</exception>
    public static ChaosResult FromJson(string line) =>
        JsonSerializer.Deserialize(line, ChaosLine.Json.ChaosResult) ?? throw new JsonException("the line is empty");
}

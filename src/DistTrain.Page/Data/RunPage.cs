using System.Text.Json.Nodes;

namespace DistTrain.Page.Data;

/// <summary>A run as the page shows it.</summary>
/// <param name="Name">Name of its folder, or of its job.</param>
/// <param name="Job">Id of its job; null where no file says it.</param>
/// <param name="State">completed, failed, cancelled, running or unfinished.</param>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="Keys">The same by dotted paths.</param>
/// <param name="Series">Its curves.</param>
/// <param name="Ledger">What the check of its history found.</param>
/// <param name="Log">What happened to it; null where it kept no log.</param>
/// <param name="WeightsSha256">Of its model or newest checkpoint; null where there is none.</param>
/// <param name="Data">What was understood of its data, as in <c>data.json</c>; null where that can't be read.</param>
/// <param name="Notes">What is wrong with its files, a line each.</param>
public sealed record RunPage(
    string Name,
    string? Job,
    string State,
    string JobFile,
    IReadOnlyDictionary<string, string> Keys,
    RunSeries Series,
    LedgerFindings Ledger,
    IReadOnlyList<RunLogLine>? Log,
    string? WeightsSha256,
    JsonNode? Data,
    IReadOnlyList<string> Notes)
{
    /// <summary>What <c>diagnose</c> found of its weights, a file each, by step; null where it was not asked.</summary>
    public IReadOnlyList<JsonNode>? Landscape { get; init; }

    /// <summary>The loss along lines and over planes through its weights, a file of <c>slice</c> each, by step; null where it was not asked.</summary>
    public IReadOnlyList<JsonNode>? Slices { get; init; }

    /// <summary>Of a run that is over: where the time of its last steps went, by rank; null where that is not known.</summary>
    public IReadOnlyList<RankRow>? Ranks { get; init; }

    /// <summary>Of a run that lasts: how it stands.</summary>
    public RunProgress? Progress { get; init; }
}

/// <summary>What the check of a history found, the one that <c>verify</c> makes.</summary>
/// <param name="Verdict">unbroken; short: all that is there is right, and it is not at the job's end; broken; unchecked.</param>
/// <param name="Examples">Examples whose digests were found right.</param>
/// <param name="Broken">Steps at which something is wrong.</param>
/// <param name="Problems">One line each, the first of them.</param>
/// <param name="Count">How many problems there are.</param>
public sealed record LedgerFindings(string Verdict, long Examples, IReadOnlyList<long> Broken, IReadOnlyList<string> Problems, int Count)
{
    /// <summary>Problems and steps that are listed.</summary>
    public const int MostListed = 100;

    public const string Unbroken = "unbroken", Short = "short", IsBroken = "broken", Unchecked = "unchecked";
}

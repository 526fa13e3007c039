using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data;

/// <summary>What was understood of a job's data: said before the first step, and kept in the run's folder.</summary>
public static class DatasetSummary
{
    /// <summary>Name of its file in a run's folder.</summary>
    public const string FileName = "data.json";

    private const int MostCounts = 20;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>In sentences for people; what is almost surely a mistake begins with "warning: ".</summary>
    public static IReadOnlyList<string> Lines(Dataset data, DatasetRecipe recipe)
    {
        var (train, test) = (data.Train, data.Test);
        var apart = data.Validation is { } set ? Invariant($", {set.Count:N0} validation") : "";
        if (train.HasTokens)
            return [Invariant($"data {recipe.Name}: {train.Count:N0} training{apart} and {test.Count:N0} test examples of {Lengths(train)} {NameOf(recipe)}, {train.Classes:N0} different ones")];
        var shape = string.Join(" × ", train.Shape);
        var told = recipe.Regression is null ? Invariant($"{train.Classes:N0} classes") : "a number to tell of each";
        List<string> lines =
        [
            Invariant($"data {recipe.Name}: {train.Count:N0} training{apart} and {test.Count:N0} test examples of {shape} feature{(train.Features == 1 ? "" : "s")}, {told}"),
            recipe.Regression is null ? Counts(train.CountClasses()) : Spread(train),
        ];
        if (data.Columns is { } columns)
            lines.Add(Invariant($"columns: {columns.Count}, {(columns.Names is null ? "without a header" : "named by the first line")}; the label is {columns.Describe(columns.Label)}"));
        lines.AddRange(DatasetCheck.Warnings(data, recipe).Select(warning => $"warning: {warning}"));
        return lines;
    }

    /// <summary>The same as JSON, with the digest of each file.</summary>
    public static string Json(Dataset data, DatasetRecipe recipe)
    {
        var summary = new JsonObject
        {
            ["format"] = 1,
            ["dataset"] = recipe.Name,
            ["shape"] = Array(data.Train.Shape),
            ["classes"] = data.Train.Classes,
            ["trainExamples"] = data.Train.Count,
            ["testExamples"] = data.Test.Count,
        };
        if (data.Vocabulary?.Tokenizer is { } tokenizer)
            summary["tokenizer"] = tokenizer;
        // Others stand in a file of their own, or nobody knows them.
        if (data.Vocabulary is { AreNumbers: false, Tokenizer: null } vocabulary)
        {
            summary["vocabulary"] = new JsonArray([.. vocabulary.Tokens.Select(token => JsonValue.Create(token))]);
        }
        else if (recipe.Regression is null && data.Vocabulary is null)
        {
            summary["trainExamplesByClass"] = Array(data.Train.CountClasses());
            summary["testExamplesByClass"] = Array(data.Test.CountClasses());
        }

        else if (recipe.Regression is not null)
        {
            var (low, high, mean) = LabelsOf(data.Train);
            summary["trainLabels"] = new JsonObject { ["lowest"] = low, ["highest"] = high, ["mean"] = mean, ["deviation"] = Math.Sqrt(data.Train.Whole.Variance) };
        }

        if (data.Validation is { } apart)
            summary["validationExamples"] = apart.Count;
        if (data.Columns is { } columns)
        {
            summary["columns"] = columns.Count;
            if (columns.Names is { } names)
                summary["columnNames"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]);
            summary["labelColumn"] = columns.Label + 1;
        }

        summary["fingerprint"] = data.Fingerprint;
        summary["files"] = new JsonObject(data.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => KeyValuePair.Create(file.Key, (JsonNode?)file.Value)));
        summary["warnings"] = new JsonArray([.. DatasetCheck.Warnings(data, recipe).Select(warning => JsonValue.Create(warning))]);
        return summary.ToJsonString(_indented) + "\n";
    }

    /// <summary>SHA-256 of each file that was read, by its path in the dataset's folder, as <see cref="Json"/> has written it; empty where that can't be read.</summary>
    public static IReadOnlyDictionary<string, string> FilesIn(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path))?["files"]?.AsObject().ToDictionary(file => file.Key, file => (string?)file.Value ?? throw new JsonException("no digest")) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return new Dictionary<string, string>();
        }
    }

    private static string NameOf(DatasetRecipe recipe) => recipe.Tokens is TokenKinds.Characters or TokenKinds.Bytes ? recipe.Tokens : "tokens";

    private static string Lengths(ExampleSet set)
    {
        if (!set.IsUneven)
            return Invariant($"{set.LengthOf(0):N0}");
        List<int> lengths = [.. Enumerable.Range(0, set.Count).Select(set.LengthOf)];
        return Invariant($"{lengths.Min():N0} to {lengths.Max():N0}, {lengths.Average():N1} on average,");
    }

    private static (float Low, float High, double Mean) LabelsOf(ExampleSet set)
    {
        var (low, high, mean) = (float.MaxValue, float.MinValue, 0.0);
        foreach (var number in set.Numbers)
            (low, high, mean) = (Math.Min(low, number), Math.Max(high, number), mean + ((double)number / set.Count));
        return (low, high, mean);
    }

    private static string Spread(ExampleSet set)
    {
        var (low, high, mean) = LabelsOf(set);
        return Invariant($"the label from {low} to {high}: mean {mean:G4}, deviation {Math.Sqrt(set.Whole.Variance):G4}");
    }

    private static string Counts(int[] counts) => counts.Length <= MostCounts
        ? $"training examples by class: {string.Join(", ", counts.Select((count, c) => Invariant($"{c}: {count:N0}")))}"
        : Invariant($"training examples by class: from {counts.Min():N0} to {counts.Max():N0}; {counts.Count(count => count == 0):N0} classes have none");

    private static JsonArray Array(IEnumerable<int> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

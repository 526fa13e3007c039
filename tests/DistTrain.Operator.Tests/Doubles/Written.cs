using System.Text.Json.Nodes;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>Objects, and what their status says.</summary>
internal static class Written
{
    /// <summary>An object as a user writes it.</summary>
    public static JsonObject Named(string name, string spec = "{steps: 30, model: {name: softmax}, dataset: {trainExamples: 400, testExamples: 100}, batch: 64, microBatch: 16}") =>
        YamlJson.Of($"apiVersion: disttrain.dev/v1\nkind: TrainingJob\nmetadata: {{name: {name}}}\nspec: {spec}\n");

    /// <summary>A probe as a user writes it.</summary>
    public static JsonObject Probe(string name, string spec = "{weights: {job: first-97e1c45d8cd0}, examples: 200, steps: 10, directions: 0}") =>
        YamlJson.Of($"apiVersion: disttrain.dev/v1\nkind: LandscapeProbe\nmetadata: {{name: {name}}}\nspec: {spec}\n");

    public static JsonNode? Status(this JsonObject found, string field) => found["status"]?[field];

    public static string? State(this JsonObject found) => (string?)found.Status("state");

    public static string? JobId(this JsonObject found) => (string?)found.Status("jobId");

    public static string Uid(this JsonObject found) => (string)found["metadata"]!["uid"]!;

    /// <summary>status and reason of a condition; null where there is none: "True Running".</summary>
    public static string? Condition(this JsonObject found, string type) => Find(found, type) is { } condition ? $"{condition["status"]} {condition["reason"]}" : null;

    public static string Message(this JsonObject found, string type) => (string)Find(found, type)!["message"]!;

    /// <summary>A merge patch of the spec, as <c>kubectl patch</c> sends one.</summary>
    public static void Set(this JsonObject found, string key, JsonNode? value) => found["spec"]![key] = value;

    private static JsonNode? Find(JsonObject found, string type) => (found.Status("conditions") as JsonArray)?.SingleOrDefault(c => (string?)c!["type"] == type);
}

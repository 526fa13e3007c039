using System.Text.Json.Nodes;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>An event of a watch.</summary>
/// <param name="Version">Resource version that it brought.</param>
/// <param name="Type">ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.</param>
/// <param name="Object">As it was then.</param>
internal sealed record ApiChange(long Version, string Type, JsonObject Object)
{
    public string Name => (string?)Object["metadata"]?["name"] ?? "";

    public string Kind => (string)Object["kind"]!;

    public string Namespace => (string?)Object["metadata"]?["namespace"] ?? "";

    public string Line => new JsonObject { ["type"] = Type, ["object"] = Object.DeepClone() }.ToJsonString();
}

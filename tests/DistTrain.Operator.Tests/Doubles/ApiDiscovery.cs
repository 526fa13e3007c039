using System.Text.Json.Nodes;
using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>What kubectl asks first: which groups and resources there are.</summary>
internal static class ApiDiscovery
{
    /// <summary>The answer to a path; null for one that is no question of this kind.</summary>
    public static JsonNode? Answer(string path) => path.Trim('/') switch
    {
        "api" => JsonNode.Parse("""{"kind":"APIVersions","versions":["v1"]}"""),
        "api/v1" => JsonNode.Parse("""{"kind":"APIResourceList","groupVersion":"v1","resources":[]}"""),
        "apis" => JsonNode.Parse(
            """
            {"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"disttrain.dev","versions":[{"groupVersion":"disttrain.dev/v1","version":"v1"}],
             "preferredVersion":{"groupVersion":"disttrain.dev/v1","version":"v1"}}]}
            """),
        "apis/disttrain.dev/v1" => new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = "disttrain.dev/v1",
            ["resources"] = new JsonArray([.. ResourceKind.All.Select(Resource)]),
        },
        _ => null,
    };

    private static JsonNode Resource(ResourceKind kind) => new JsonObject
    {
        ["name"] = kind.Plural,
        ["singularName"] = kind.Singular,
        ["shortNames"] = new JsonArray(kind.Short),
        ["namespaced"] = true,
        ["kind"] = kind.Name,
        ["verbs"] = new JsonArray("delete", "get", "list", "patch", "watch"),
    };
}

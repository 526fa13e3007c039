using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Api;

/// <summary>What the operator asks of the API server, and so what its Role in <c>k8s/base/operator.yaml</c> grants: nothing less, nothing more.</summary>
public static class ApiRights
{
    /// <summary>The group that Kubernetes' own oldest resources are in.</summary>
    public const string CoreGroup = "";

    /// <summary>Group, resource or subresource, and verb.</summary>
    public static IReadOnlyList<(string Group, string Resource, string Verb)> All { get; } =
    [
        (ResourceNames.Group, ResourceNames.Plural, "list"),
        (ResourceNames.Group, ResourceNames.Plural, "watch"),
        // After a conflict.
        (ResourceNames.Group, ResourceNames.Plural, "get"),
        // Finalizers.
        (ResourceNames.Group, ResourceNames.Plural, "patch"),
        // Those that are to go a while after their end.
        (ResourceNames.Group, ResourceNames.Plural, "delete"),
        (ResourceNames.Group, $"{ResourceNames.Plural}/status", "patch"),
        (CoreGroup, "events", "create"),
    ];
}

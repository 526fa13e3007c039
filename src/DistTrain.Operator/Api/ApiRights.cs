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
        .. ResourceKind.All.SelectMany(kind => new[]
        {
            (ResourceNames.Group, kind.Plural, "list"),
            (ResourceNames.Group, kind.Plural, "watch"),
            // After a conflict.
            (ResourceNames.Group, kind.Plural, "get"),
            // Finalizers.
            (ResourceNames.Group, kind.Plural, "patch"),
            // Those that are to go a while after their end.
            (ResourceNames.Group, kind.Plural, "delete"),
            (ResourceNames.Group, $"{kind.Plural}/status", "patch"),
        }),
        (CoreGroup, "events", "create"),
    ];
}

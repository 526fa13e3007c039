using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Api;

/// <summary>What the operator asks of the API server, and so what its Role in <c>k8s/base/operator.yaml</c> grants: nothing less, nothing more.</summary>
public static class ApiRights
{
    /// <summary>Resource or subresource of <see cref="ResourceNames.Group"/>, and verb.</summary>
    public static IReadOnlyList<(string Resource, string Verb)> All { get; } =
    [
        (ResourceNames.Plural, "list"),
        (ResourceNames.Plural, "watch"),
        // After a conflict.
        (ResourceNames.Plural, "get"),
        // Finalizers.
        (ResourceNames.Plural, "patch"),
        ($"{ResourceNames.Plural}/status", "patch"),
    ];
}

using System.Text.Json;
using k8s;
using k8s.Models;

namespace DistTrain.Operator.Resources;

/// <summary>An object as the API server has it: a job file, and what became of it.</summary>
public sealed class JobResource : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>As it was written; <see cref="ResourceJobFile"/> reads it.</summary>
    public JsonElement? Spec { get; init; }

    public ResourceStatus? Status { get; init; }

    /// <summary>namespace/name, for people.</summary>
    internal string Title => $"{Metadata.NamespaceProperty}/{Metadata.Name}";

    /// <summary>Counts the changes of <see cref="Spec"/>.</summary>
    internal long Generation => Metadata.Generation ?? 0;

    internal bool IsDeleting => Metadata.DeletionTimestamp is not null;

    internal bool IsHeld => Metadata.Finalizers?.Contains(ResourceNames.Finalizer) == true;
}

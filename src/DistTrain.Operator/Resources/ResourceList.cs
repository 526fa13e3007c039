using k8s;
using k8s.Models;

namespace DistTrain.Operator.Resources;

/// <summary>Answer to a list; watches begin at its resource version.</summary>
public sealed class ResourceList : IKubernetesObject<V1ListMeta>, IItems<JobResource>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ListMeta Metadata { get; set; } = new();

    public IList<JobResource> Items { get; set; } = [];
}

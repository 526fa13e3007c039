using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>A Deployment or StatefulSet.</summary>
/// <param name="Name">kind/name, for messages.</param>
/// <param name="Selector">Which pods it takes for its own.</param>
/// <param name="Replicas">How many it wants; null: others decide.</param>
/// <param name="Pod">What they are made of.</param>
/// <param name="Claims">Volumes that each pod gets of its own.</param>
internal sealed record Workload(string Name, V1LabelSelector Selector, int? Replicas, V1PodTemplateSpec Pod, IReadOnlyList<string> Claims)
{
    public IDictionary<string, string> Labels => Pod.Metadata.Labels;

    public static IEnumerable<Workload> Of(IEnumerable<IKubernetesObject> objects) => objects.Select(Of).OfType<Workload>();

    /// <summary>True when a service, budget or policy with these labels means the pods.</summary>
    public bool Has(IDictionary<string, string>? labels) => labels?.All(label => Labels.TryGetValue(label.Key, out var value) && value == label.Value) ?? true;

    public bool IsMeant(V1LabelSelector selector) => Has(selector.MatchLabels)
        && (selector.MatchExpressions ?? []).All(e => e.OperatorProperty == "In" && Labels.TryGetValue(e.Key, out var value) && e.Values.Contains(value));

    public bool HasPort(IntOrString? port) => Pod.Spec.Containers.SelectMany(c => c.Ports ?? []).Any(p => Is(p, port));

    public static bool Is(V1ContainerPort port, IntOrString? wanted) =>
        wanted?.Value is { } text && (port.Name == text || port.ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture) == text);

    /// <summary>What one of its pods asks for, cores or bytes.</summary>
    public decimal Requests(string resource) => Pod.Spec.Containers.Sum(c => c.Resources.Requests[resource].ToDecimal());

    private static Workload? Of(IKubernetesObject found) => found switch
    {
        V1Deployment d => new Workload($"Deployment/{d.Name()}", d.Spec.Selector, d.Spec.Replicas, d.Spec.Template, []),
        V1StatefulSet s => new Workload($"StatefulSet/{s.Name()}", s.Spec.Selector, s.Spec.Replicas, s.Spec.Template, [.. (s.Spec.VolumeClaimTemplates ?? []).Select(c => c.Name())]),
        _ => null,
    };
}

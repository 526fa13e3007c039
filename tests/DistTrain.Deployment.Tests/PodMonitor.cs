using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>As much of the Prometheus operator's resource as the manifests use: what is not here is refused by the strict parser.</summary>
internal sealed class PodMonitor : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>For the parser.</summary>
    public static Dictionary<string, Type> Types { get; } = new() { ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor) };

    public string ApiVersion { get; set; } = string.Empty;

    public string Kind { get; set; } = string.Empty;

    public V1ObjectMeta Metadata { get; set; } = new();

    public PodMonitorSpec Spec { get; set; } = new();
}

internal sealed class PodMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();

    public List<PodMetricsEndpoint> PodMetricsEndpoints { get; set; } = [];
}

internal sealed class PodMetricsEndpoint
{
    public string Port { get; set; } = string.Empty;

    public string Path { get; set; } = string.Empty;

    public string Interval { get; set; } = string.Empty;

    public bool HonorLabels { get; set; }

    public List<Relabeling> Relabelings { get; set; } = [];
}

internal sealed class Relabeling
{
    public string TargetLabel { get; set; } = string.Empty;

    public string Replacement { get; set; } = string.Empty;
}

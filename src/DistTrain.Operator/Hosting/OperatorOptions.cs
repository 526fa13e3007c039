using DistTrain.Observability;
using DistTrain.Protocol.Clients;
using k8s;

namespace DistTrain.Operator.Hosting;

/// <summary>How one operator process is set up.</summary>
public sealed record OperatorOptions
{
    /// <summary>The cluster that jobs are submitted to, and as whom.</summary>
    public required FrontDoor Door { get; init; }

    /// <summary>How the API server is reached.</summary>
    public required KubernetesClientConfiguration Kubernetes { get; init; }

    /// <summary>Namespace whose objects are followed; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Address of the probes' port.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Ports for those who look after the process.</summary>
    public ProbePorts Probes { get; init; } = new();

    /// <summary>Logs are JSON.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Shortest time between two writes of a status in which nothing but numbers changes.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time before something that was refused, or not answered, is tried again.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(1);
}

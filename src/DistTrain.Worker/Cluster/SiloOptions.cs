using DistTrain.Observability;
using DistTrain.Recipes;
using DistTrain.Security.Callers;
using DistTrain.Torch.Devices;

namespace DistTrain.Worker.Cluster;

/// <summary>How one worker silo process is set up.</summary>
public sealed record SiloOptions
{
    /// <summary>Address to bind; loopback unless the operator says otherwise.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port of the gRPC front door; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Address at which other silos reach this one; null for <see cref="Host"/>, which then has to be one.</summary>
    public string? Advertised { get; init; }

    /// <summary>Port for the other silos, at the same addresses; 0 takes a free one.</summary>
    public int SiloPort { get; init; }

    /// <summary>Whom it lets in: clients at the front door, other silos at theirs.</summary>
    public Admission Admission { get; init; } = Admission.OfEverybody;

    /// <summary>Memory is shared with parameter servers of this machine, where that can be.</summary>
    public bool SharesMemory { get; init; } = true;

    /// <summary>Ports for those who look after the process.</summary>
    public ProbePorts Probes { get; init; } = new();

    /// <summary>Port of Orleans' dashboard; null: there is none.</summary>
    public int? DashboardPort { get; init; }

    /// <summary>Port of the page of jobs and runs; null: there is none.</summary>
    public int? PagePort { get; init; }

    /// <summary>Where browsers find it, if not at the address that other silos use: scheme, name and port; null: there.</summary>
    public Uri? PageAddress { get; init; }

    /// <summary>Version of the program, for the page.</summary>
    public string Program { get; init; } = "";

    /// <summary>The front door tells tools which calls it has (gRPC server reflection).</summary>
    public bool Reflection { get; init; }

    /// <summary>Logs are JSON.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Where the cluster keeps its membership and job records: what makes silos one cluster.</summary>
    public required ClusterStore Cluster { get; init; }

    /// <summary>Jobs read data in this folder only, and a relative <c>dataset.path</c> starts from it; null: they read what the process may.</summary>
    public string? DataRoot { get; init; }

    /// <summary>
    /// Endpoints (host:port) of the parameter servers, in the order that gives them their buckets; where servers and silos start beside each other, once the
    /// servers listen. The silo does not announce itself before.
    /// </summary>
    public required Task<IReadOnlyList<string>> Servers { get; init; }

    /// <summary>What the process was started for, one of <see cref="Determinisms"/>: jobs that ask for another are refused.</summary>
    public string Determinism { get; init; } = Determinisms.Host;

    /// <summary>What its ranks compute on beside the processor.</summary>
    public DeviceSet Devices { get; init; } = DeviceSet.None;

    /// <summary>Rank slots of this silo: they gate the start of a further job. 0 takes the number of cores.</summary>
    public int RankSlots { get; init; }
}

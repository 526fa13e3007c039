using System.Globalization;

namespace DistTrain.Cli.Cluster;

/// <summary>Size and place of a local cluster.</summary>
/// <param name="Folder">The run's folder; the cluster's own files stand in <c>cluster/</c> in it.</param>
/// <param name="Servers">Number of parameter servers, at least 1.</param>
/// <param name="Silos">Number of worker silos, at least 1.</param>
/// <param name="Determinism">What all processes are started for: that of the job.</param>
internal sealed record ClusterPlan(string Folder, int Servers, int Silos, string Determinism)
{
    /// <summary>The processes share memory.</summary>
    public bool SharesMemory { get; init; } = true;

    /// <summary>Membership, job records and the children's logs.</summary>
    public string ClusterFolder => Path.Combine(Folder, "cluster");

    /// <param name="index">Number of the server.</param>
    /// <param name="port">Where it listens; 0: on a free port.</param>
    public ChildStart Server(int index, int port) =>
        Child($"server-{index}", ["server", "--port", Text(port), "--run-folder", Folder]);

    /// <param name="index">Number of the silo.</param>
    /// <param name="servers">Endpoints of all servers, in order and separated by commas, once they are known: the silo starts meanwhile.</param>
    /// <param name="port">Where it listens; 0: on a free port.</param>
    public ChildStart Silo(int index, Task<string> servers, int port) =>
        Child($"silo-{index}", ["worker", "--port", Text(port), "--cluster", ClusterFolder, "--servers", "-"]) with { Told = servers };

    /// <summary>E.g. "1 server and 2 silos".</summary>
    public string Describe() => $"{Count(Servers, "server")} and {Count(Silos, "silo")}";

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";

    private ChildStart Child(string name, IEnumerable<string> arguments) => new(
        name,
        [.. arguments, .. SharesMemory ? [] : (string[])["--shared-memory", "off"], "--determinism", Determinism, "--exit-with-parent", "--lock", Path.Combine(ClusterFolder, RunHold.ChildLock(name))],
        Path.Combine(ClusterFolder, $"{name}.log"),
        Determinism);
}

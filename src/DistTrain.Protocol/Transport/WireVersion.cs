namespace DistTrain.Protocol.Transport;

/// <summary>
/// The version of what the processes of one cluster say to each other: silos to each other, ranks and jobs to parameter servers, servers to the job's
/// leader. Every call to a server carries the caller's, and each silo's name in the cluster's membership has its own. Clients are not asked: messages
/// of the front door only ever gain fields.
/// </summary>
public static class WireVersion
{
    /// <summary>
    /// Raise it when a process of the version before would misunderstand one of this: a message of <c>protos/disttrain/v1</c> other than
    /// <c>training_jobs.proto</c>, a frame, the calls or the state of grains, the order in which ranks and servers speak, what a gradient's sum or a
    /// step's numbers are, the format of the records that a cluster's silos share. A field that may be missing does not count.
    /// </summary>
    public const int Current = 6;

    /// <summary>The header that carries it.</summary>
    public const string Header = "disttrain-wire-version";

    /// <summary>The header that says which process calls, for messages.</summary>
    public const string CallerHeader = "disttrain-caller";

    /// <summary>What to do where two versions meet.</summary>
    public const string Remedy = "start all servers and silos of a cluster from one version of DistTrain";
}

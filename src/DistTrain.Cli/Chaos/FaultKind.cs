namespace DistTrain.Cli.Chaos;

/// <summary>What the nemesis does to a cluster.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after some seconds: at times long enough for a silo to be declared dead meanwhile.</summary>
    Stop,

    /// <summary>All connections to a server are reset.</summary>
    Cut,

    /// <summary>Latency on all connections to a server, both ways.</summary>
    Delay,

    /// <summary>Connections to a server stay open, and nothing passes: a partition.</summary>
    Silence,

    /// <summary>SIGKILL of a server whose crash leaves the newest checkpoint torn, altered or without its manifest.</summary>
    Damage,

    /// <summary>A server cannot write to its files for some steps.</summary>
    Disk,
}

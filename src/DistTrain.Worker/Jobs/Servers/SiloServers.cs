using DistTrain.Optimization.Parameters;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>The parameter servers that this silo's jobs have, to be asked before there is a job.</summary>
internal sealed class SiloServers(SiloOptions options, PeerChannels peers, TimeProvider time)
{
    /// <summary>All of them.</summary>
    public async Task<ServerControl> AllAsync() => new(await options.Servers, peers, time);

    /// <summary>Those that have a bucket of a job: one without a bucket takes no part.</summary>
    /// <param name="layout">Of the job's vectors.</param>
    public async Task<ServerControl> OfAsync(ParameterLayout layout) => new([.. (await options.Servers).Take(layout.Buckets.Count)], peers, time);
}

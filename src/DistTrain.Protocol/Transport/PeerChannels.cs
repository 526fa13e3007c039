using DistTrain.Protocol.Regions;
using DistTrain.Security.Certificates;
using Grpc.Net.Client;

namespace DistTrain.Protocol.Transport;

/// <summary>How a process of the cluster reaches the others.</summary>
/// <param name="certificates">What it shows and whom it trusts; null: in the clear.</param>
/// <param name="role">What the process is, as the others are told: silo or server.</param>
/// <param name="memory">Whether it shares memory with those of its machine; null: it does not.</param>
public sealed class PeerChannels(CertificateFolder? certificates, string role = "peer", MemorySharing? memory = null)
{
    /// <summary>Whether it shares memory with those of its machine.</summary>
    public MemorySharing Memory => memory ?? MemorySharing.Off;

    /// <summary>A channel to a server, host:port.</summary>
    public GrpcChannel Connect(string endpoint) => GrpcTransport.Connect(endpoint, certificates, role);
}

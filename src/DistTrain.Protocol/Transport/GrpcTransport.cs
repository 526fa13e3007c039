using System.Net;
using DistTrain.Security.Callers;
using DistTrain.Security.Certificates;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// How gRPC is tuned on both sides, measured in docs/decisions.md: windows larger than a version in flight, and no limit that would cut a
/// stream which lives as long as its job.
/// </summary>
public static class GrpcTransport
{
    /// <summary>Largest message: a bucket (0.5 MiB) with room for larger ones.</summary>
    public const int MaxMessageBytes = 16 << 20;

    private const int WindowBytes = 16 << 20;

    /// <summary>One HTTP/2 endpoint on the given address; in the clear where there are no certificates.</summary>
    public static void Tune(KestrelServerOptions kestrel, IPAddress address, int port, CertificateFolder? certificates)
    {
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.Http2.InitialStreamWindowSize = WindowBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = WindowBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 4096;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrel.Listen(address, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificates is not null)
                listen.UseTls(certificates);
        });
    }

    /// <summary>A channel to <paramref name="endpoint"/> (host:port); in the clear where there are no certificates. Its calls say whose they are.</summary>
    internal static GrpcChannel Connect(string endpoint, CertificateFolder? certificates, string role)
    {
        var handler = DirectHandler.Create(certificates);
        handler.InitialHttp2StreamWindowSize = WindowBytes;
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        return GrpcChannel.ForAddress($"{(certificates is null ? "http" : "https")}://{endpoint}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            HttpHandler = new WireVersionHandler(handler, role),
            DisposeHttpClient = true,
        });
    }

    /// <summary>host:port of the first endpoint of a started server.</summary>
    public static string BoundEndpoint(IServerAddressesFeature addresses) => new Uri(addresses.Addresses.First()).Authority;
}

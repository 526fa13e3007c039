using DistTrain.Security.Certificates;

namespace DistTrain.Protocol.Transport;

/// <summary>Carries calls to processes of a cluster, from others of them and from clients.</summary>
internal static class DirectHandler
{
    /// <summary>
    /// A certificate is shown when a connection begins, and judged with each call: calls that begin later than this go by another connection, with the
    /// certificate that is there by then. Streams that stand go on by theirs.
    /// </summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromSeconds(30);

    /// <summary>A handler that connects to whom it is told.</summary>
    /// <param name="certificates">What it shows and whom it trusts; null: in the clear, or as the machine trusts.</param>
    public static SocketsHttpHandler Create(CertificateFolder? certificates)
    {
        var handler = new SocketsHttpHandler
        {
            // Endpoints are named by the user; a proxy meant for the web (http_proxy, all_proxy) has no business between.
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // Who follows many jobs or streams has a stream for each, and a connection takes a hundred.
            EnableMultipleHttp2Connections = true,
            // A call may be silent for long: without pings a process that vanished would never be noticed.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        };
        if (certificates is not null)
        {
            handler.SslOptions = ClientTls.Options(certificates);
            handler.PooledConnectionLifetime = ConnectionLifetime;
        }

        return handler;
    }
}

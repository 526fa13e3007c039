using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using DistTrain.Security.Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// TLS between silos, on both sides with a certificate of the cluster's authority that speaks for one of its processes. Silos know each other by address,
/// so no name is compared.
/// </summary>
internal static class SiloTls
{
    /// <summary>A peer that says nothing does not hold a connection for longer.</summary>
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    public static ISiloBuilder UseTls(this ISiloBuilder silo, CertificateFolder certificates) => silo.Configure<SiloConnectionOptions>(options =>
    {
        options.ConfigureSiloInboundConnection(connection => connection.Use(next => context => RunAsync(context, next, (stream, stop) =>
            stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificates.Own,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, chain, _) => ClientTls.TakeWorker(certificates, shown, chain, CertificateUse.Client),
                },
                stop))));
        options.ConfigureSiloOutboundConnection(connection => connection.Use(next => context => RunAsync(context, next, (stream, stop) =>
            stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = string.Empty,
                    ClientCertificateContext = certificates.Own,
                    RemoteCertificateValidationCallback = (_, shown, chain, _) => ClientTls.TakeWorker(certificates, shown, chain, CertificateUse.Server),
                },
                stop))));
    });

    private static async Task RunAsync(ConnectionContext context, ConnectionDelegate next, Func<SslStream, CancellationToken, Task> authenticate)
    {
        var plain = context.Transport;
        await using var stream = new SslStream(new PipeStream(plain), leaveInnerStreamOpen: false);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
            limit.CancelAfter(HandshakeLimit);
            await authenticate(stream, limit.Token);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            context.Abort(new ConnectionAbortedException($"no TLS with {context.RemoteEndPoint}: {e.Message}", e));
            return;
        }

        context.Transport = new Pipes(PipeReader.Create(stream), PipeWriter.Create(stream));
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = plain;
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

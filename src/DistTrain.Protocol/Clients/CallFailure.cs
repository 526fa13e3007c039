using System.Security.Authentication;
using DistTrain.Security.Certificates;
using Grpc.Core;

namespace DistTrain.Protocol.Clients;

/// <summary>Why a call to a cluster failed, in one short line.</summary>
public static class CallFailure
{
    /// <summary>What the other side said, or what kept the call from it.</summary>
    public static string Reason(RpcException? failure) =>
        failure is null ? "the answer ended early" : Transport(failure) ?? $"{failure.StatusCode}: {failure.Status.Detail}";

    /// <summary>What kept the call from the other side; null when that side has answered.</summary>
    public static string? Transport(RpcException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        // A status that came over the wire has no exception behind it; one that this side made up has the transport's.
        if (failure.Status.DebugException is not { } e)
            return null;
        var refused = false;
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is System.Net.Sockets.SocketException socket)
                return socket.Message;
            if (cause is PeerCertificateException peer)
                return peer.Message;
            if (cause is AuthenticationException)
                return "its certificate is not one of the authority in --certs, or was made for another name";
            refused |= cause is HttpRequestException or HttpProtocolException or IOException;
        }

        return refused ? "it does not speak gRPC, or the connection broke" : e.Message;
    }
}

using Grpc.Core;

namespace DistTrain.Protocol.Transport;

/// <summary>What a failed call says of the other side.</summary>
public static class PeerFailure
{
    /// <summary>
    /// True when the peer gave no answer: it could not be reached, was too late, or the connection broke. The same call may succeed later. No process of the
    /// cluster answers INTERNAL: gRPC says so by itself when a connection ends where it must not, in its handshake for example.
    /// </summary>
    public static bool IsAway(this RpcException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal
            || (failure.StatusCode is StatusCode.Unknown && failure.Status.DebugException is not null);
    }
}

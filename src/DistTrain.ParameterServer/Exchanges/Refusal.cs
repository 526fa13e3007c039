using Grpc.Core;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>What a caller says does not fit what the server holds: trying again would not help.</summary>
internal static class Refusal
{
    /// <exception cref="RpcException">FAILED_PRECONDITION: it is wrong.</exception>
    public static void If(bool wrong, string reason)
    {
        if (wrong)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, reason));
    }
}

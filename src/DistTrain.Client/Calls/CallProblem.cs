using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Client.Calls;

/// <summary>What the cluster's status codes mean to a caller.</summary>
internal static class CallProblem
{
    /// <summary>True when a watch may go on later, or at another silo of the cluster.</summary>
    public static bool IsTransient(StatusCode code) => code is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown
        or StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Aborted or StatusCode.ResourceExhausted or StatusCode.DataLoss;

    /// <summary>True when the silo is not there, or says that it is leaving: another one may be asked.</summary>
    public static bool IsAway(RpcException failure) => failure.StatusCode is StatusCode.Unavailable || IsUnreached(failure);

    /// <summary>A failed call in words.</summary>
    public static DistTrainException Of(RpcException failure, Endpoint silo)
    {
        var detail = failure.Status.Detail;
        return failure.StatusCode switch
        {
            StatusCode.InvalidArgument or StatusCode.OutOfRange => Lines(ClusterFailure.Invalid),
            StatusCode.AlreadyExists => Lines(ClusterFailure.Taken),
            StatusCode.FailedPrecondition => Lines(ClusterFailure.NotPossible),
            StatusCode.NotFound => Lines(ClusterFailure.NotFound),
            StatusCode.ResourceExhausted => Lines(ClusterFailure.Limited),
            StatusCode.PermissionDenied or StatusCode.Unauthenticated => Line(ClusterFailure.NotAllowed, $"{silo} refuses this client: {detail}"),
            StatusCode.Unimplemented => Line(
                ClusterFailure.NotAFrontDoor, $"{silo} takes no jobs: give the endpoint of a worker silo, not of a parameter server"),
            _ when IsUnreached(failure) => Line(ClusterFailure.Unreachable, $"cannot reach a cluster at {silo}: {CallFailure.Transport(failure)}"),
            StatusCode.DeadlineExceeded => Line(ClusterFailure.NoAnswer, $"{silo} did not answer in time"),
            _ => Line(ClusterFailure.Unavailable, $"{silo} answered {failure.StatusCode}: {detail}"),
        };

        DistTrainException Line(ClusterFailure kind, string problem) => new(kind, [problem], failure);

        DistTrainException Lines(ClusterFailure kind) => new(
            kind,
            detail.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } lines
                ? lines
                : ["the cluster refused the request without a reason"],
            failure);
    }

    private static bool IsUnreached(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable or StatusCode.Internal && CallFailure.Transport(failure) is not null;
}

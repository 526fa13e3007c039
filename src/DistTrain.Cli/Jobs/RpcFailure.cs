using DistTrain.Cli.Invocation;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Cli.Jobs;

/// <summary>What the cluster's status codes mean to a user.</summary>
internal static class RpcFailure
{
    /// <summary>True when the same call may succeed later or at another silo of the cluster.</summary>
    public static bool IsTransient(StatusCode code) => code is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown
        or StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Aborted or StatusCode.ResourceExhausted or StatusCode.DataLoss;

    /// <summary>The end of the command that <paramref name="failure"/> means.</summary>
    public static CommandException Explain(RpcException failure, Endpoint endpoint)
    {
        var detail = failure.Status.Detail;
        return failure.StatusCode switch
        {
            StatusCode.InvalidArgument => CommandException.BadInput(Lines(detail)),
            StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.OutOfRange or StatusCode.ResourceExhausted
                => CommandException.BadInput(Lines(detail)),
            StatusCode.PermissionDenied or StatusCode.Unauthenticated
                => CommandException.BadInput($"{endpoint} refuses this client: {detail}"),
            StatusCode.Unimplemented
                => CommandException.BadInput($"{endpoint} takes no jobs: give the endpoint of a worker silo, not of a parameter server"),
            StatusCode.Unavailable or StatusCode.Internal when CallFailure.Transport(failure) is { } cause
                => CommandException.BadInput($"cannot reach a cluster at {endpoint}: {cause}"),
            StatusCode.DeadlineExceeded => CommandException.Failed($"{endpoint} did not answer in time", failure),
            _ => CommandException.Failed($"{endpoint} answered {failure.StatusCode}: {detail}", failure),
        };
    }

    private static string[] Lines(string detail) =>
        detail.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } lines
            ? lines
            : ["the cluster refused the request without a reason"];
}

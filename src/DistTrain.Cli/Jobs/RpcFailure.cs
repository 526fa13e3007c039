using DistTrain.Cli.Commands;
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
            StatusCode.Unavailable or StatusCode.Internal when Transport(failure) is { } cause
                => CommandException.BadInput($"cannot reach a cluster at {endpoint}: {cause}"),
            StatusCode.DeadlineExceeded => CommandException.Failed($"{endpoint} did not answer in time", failure),
            _ => CommandException.Failed($"{endpoint} answered {failure.StatusCode}: {detail}", failure),
        };
    }

    /// <summary>Why a call ended, in one short line.</summary>
    public static string Reason(RpcException? failure) =>
        failure is null ? "the answer ended early" : Transport(failure) ?? $"{failure.StatusCode}: {failure.Status.Detail}";

    // A status that came over the wire has no exception behind it; one that this side made up has the transport's.
    private static string? Transport(RpcException failure)
    {
        if (failure.Status.DebugException is not { } e)
            return null;
        var refused = false;
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is System.Net.Sockets.SocketException socket)
                return socket.Message;
            if (cause is System.Security.Authentication.AuthenticationException)
                return "its certificate is not one of the authority in --certs, or was made for another name";
            refused |= cause is HttpRequestException or HttpProtocolException or IOException;
        }

        return refused ? "it does not speak gRPC, or the connection broke" : e.Message;
    }

    private static string[] Lines(string detail) =>
        detail.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } lines
            ? lines
            : ["the cluster refused the request without a reason"];
}

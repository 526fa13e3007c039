using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Operator.Reconciling;

/// <summary>What the cluster answered to a call, as a value.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Message">In words; empty when it is done.</param>
internal sealed record ClusterAnswer(ClusterAnswerKind Kind, string Message)
{
    public static ClusterAnswer Done { get; } = new(ClusterAnswerKind.Done, "");

    /// <summary>What a failed call means.</summary>
    public static ClusterAnswer Of(RpcException failure)
    {
        var kind = failure.StatusCode switch
        {
            StatusCode.AlreadyExists => ClusterAnswerKind.Differs,
            StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => ClusterAnswerKind.Invalid,
            StatusCode.ResourceExhausted => ClusterAnswerKind.Limited,
            StatusCode.PermissionDenied or StatusCode.Unauthenticated => ClusterAnswerKind.NotAllowed,
            StatusCode.NotFound => ClusterAnswerKind.NotFound,
            _ => ClusterAnswerKind.Away,
        };
        var message = failure.StatusCode is StatusCode.Unimplemented
            ? "it takes no jobs: --endpoint has to be a worker silo's"
            : kind is ClusterAnswerKind.Away ? CallFailure.Reason(failure) : failure.Status.Detail;
        return new ClusterAnswer(kind, message);
    }
}

using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>Whether a rank that comes is one of the job's.</summary>
internal static class RankAdmission
{
    /// <exception cref="RpcException">ABORTED: it belongs to another generation, and learns of this one from the job's grain.</exception>
    public static void RequireGeneration(PartitionPlan plan, long generation)
    {
        if (generation != plan.Generation)
            throw new RpcException(new Status(StatusCode.Aborted, $"generation {generation} is fenced: the job runs generation {plan.Generation}"));
    }

    /// <exception cref="RpcException">It is of another generation, has another model or other data, or is no rank of the job.</exception>
    public static void Require(PartitionPlan plan, JoinRequest request)
    {
        RequireGeneration(plan, request.Generation);
        Refusal.If(request.LayoutHash != plan.Layout.Hash, $"rank {request.Rank} brings parameter layout {request.LayoutHash}, the job has {plan.Layout.Hash}");
        Refusal.If(
            request.DataFingerprint != plan.DataFingerprint,
            $"rank {request.Rank} reads other data ({request.DataFingerprint}) than the job started with ({plan.DataFingerprint})");
        Refusal.If(request.Rank < 0 || request.Rank >= plan.Tree.Ranks, $"rank {request.Rank} is not one of the job's {plan.Tree.Ranks}");
    }
}

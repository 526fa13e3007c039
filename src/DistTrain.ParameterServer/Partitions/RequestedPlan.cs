using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes.Files;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>The plan of a partition that is asked for.</summary>
internal static class RequestedPlan
{
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is no partition; FAILED_PRECONDITION: of a determinism that this server is not for.</exception>
    public static PartitionPlan Of(OpenPartitionRequest request, ServerOptions options, PeerChannels peers)
    {
        var job = JobFile.Read(request.JobFile, request.JobId, []).Job
            ?? throw new RpcException(new Status(StatusCode.InvalidArgument, "the job file is not valid"));
        if (job.Spec.Determinism != options.Determinism)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"job '{request.JobId}' asks for determinism: {job.Spec.Determinism}, and this server was started with --determinism {options.Determinism}"));
        }

        if (request.Server < 0 || request.Server >= request.Servers || request.TrainExamples < 1)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"server {request.Server} of {request.Servers} with {request.TrainExamples} training examples is not a partition"));
        }

        if (request.Server > 0 && request.Leader.Length == 0)
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"server {request.Server} of {request.Servers} is not told where the job's leader is"));

        return new PartitionPlan(
            request.JobId,
            request.Generation,
            job,
            LayoutOf(request),
            request.Server,
            request.Servers,
            request.TrainExamples,
            request.TestExamples,
            request.DataFingerprint,
            request.Leader,
            request.PassedOver)
        {
            FirstVersion = options.FirstVersion,
            NewSum = options.NewSum,
            Threads = options.Threads,
            Memory = peers.Memory,
        };
    }

    private static ParameterLayout LayoutOf(OpenPartitionRequest request)
    {
        try
        {
            return LayoutJson.Read(request.Layout);
        }
        catch (FormatException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
    }
}

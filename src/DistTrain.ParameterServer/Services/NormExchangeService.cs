using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>The leader's answer to the other servers of a job.</summary>
internal sealed class NormExchangeService(PartitionStore partitions) : NormExchange.NormExchangeBase
{
    public override async Task<NormTotal> Share(NormShare request, ServerCallContext context)
    {
        var partition = PartitionOf(request.JobId, request.Generation, request.Server);
        var sums = await partition.Norms
            .ShareAsync(request.Server, new NormRoundKey(request.Group, request.Step, request.Round, request.Turn), [.. request.Sums])
            .WaitAsync(context.CancellationToken);
        var total = new NormTotal();
        total.Sums.AddRange(sums);
        return total;
    }

    public override Task<StepsHeard> Tell(ClosedSteps request, ServerCallContext context)
    {
        var partition = PartitionOf(request.JobId, request.Generation, request.Server);
        foreach (var step in request.Steps)
            partition.SquaresTold(request.Server, step.Version, [.. step.Squares]);
        return Task.FromResult(new StepsHeard());
    }

    private Partition PartitionOf(string jobId, long generation, int server)
    {
        var partition = partitions.Get(jobId);
        return partition.Plan.Generation == generation && partition.Norms.IsAsked && server >= 1 && server < partition.Plan.Servers
            ? partition
            : throw new RpcException(new Status(
                StatusCode.FailedPrecondition, $"server {server}, generation {generation} does not take part in job '{jobId}' here"));
    }
}

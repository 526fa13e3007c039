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
        var partition = partitions.Get(request.JobId);
        if (partition.Plan.Generation != request.Generation || !partition.Norms.IsAsked || request.Server < 1 || request.Server >= partition.Plan.Servers)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"server {request.Server}, generation {request.Generation} does not take part in job '{request.JobId}' here"));
        }

        var sums = await partition.Norms
            .ShareAsync(request.Server, new NormRoundKey(request.Group, request.Step, request.Round, request.Turn), [.. request.Sums])
            .WaitAsync(context.CancellationToken);
        var total = new NormTotal();
        total.Sums.AddRange(sums);
        return total;
    }
}

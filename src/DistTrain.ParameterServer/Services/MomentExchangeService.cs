using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Partitions;
using DistTrain.ParameterServer.Ranks;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>The leader's answers to ranks in the middle of a pass, one stream for each.</summary>
internal sealed class MomentExchangeService(PartitionStore partitions, TimeProvider time) : MomentExchange.MomentExchangeBase
{
    public override async Task Exchange(IAsyncStreamReader<MomentMessage> requestStream, IServerStreamWriter<MomentAnswer> responseStream, ServerCallContext context)
    {
        if (!await FirstMessage.ArrivesAsync(requestStream, time, context) || requestStream.Current.Join is not { } join)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message of a stream must be a join"));
        var partition = partitions.Get(join.JobId);
        RankAdmission.RequireGeneration(partition.Plan, join.Generation);
        if (partition.Moments is not { } moments || join.Rank < 0 || join.Rank >= partition.Plan.Tree.Ranks)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"rank {join.Rank} exchanges no moments of job '{join.JobId}' here"));
        }

        // A rank passes its layers in one order, like every other: one share after the other keeps nobody waiting.
        try
        {
            await using var memory = SharedMoments.Of(join, partition.Plan, moments, context.CancellationToken, out var joined);
            await responseStream.WriteAsync(new MomentAnswer { Joined = joined }, context.CancellationToken);
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                var message = requestStream.Current;
                if (message.Share is { } share)
                    await responseStream.WriteAsync(new MomentAnswer { Total = await moments.ShareAsync(join.Rank, share, context.CancellationToken) }, context.CancellationToken);
                else if (message.Region is { Refusal: "" } answer && memory is not null)
                    await await Task.WhenAny(memory.ServeAsync(answer), NothingMoreAsync());
                else if (message.Region is null)
                    throw Unexpected(message);
            }
        }
        catch (IOException)
        {
            // The rank stopped, or its silo was lost: where it goes on it comes again.
            throw new RpcException(new Status(StatusCode.Cancelled, "the stream was cut"));
        }

        // What is shared in memory is not sent as well.
        async Task NothingMoreAsync()
        {
            if (await requestStream.MoveNext(context.CancellationToken))
                throw Unexpected(requestStream.Current);
        }
    }

    private static RpcException Unexpected(MomentMessage message) => new(new Status(StatusCode.InvalidArgument, $"unexpected message {message.BodyCase}"));
}

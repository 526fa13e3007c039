using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Google.Protobuf.Collections;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;
using Polly.Retry;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>Where a partition learns the sums of all servers: in its own memory when it is alone or leads, else at the leader.</summary>
internal sealed class NormSharing : IDisposable
{
    private static readonly ResiliencePipeline Retry = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            // The leader may be late to open its partition, or away for a moment; who gives up is the job's grain.
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(e => e.IsAway() || e.StatusCode is StatusCode.NotFound),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(20),
            MaxDelay = TimeSpan.FromSeconds(1),
            UseJitter = true,
        })
        .Build();

    private readonly PartitionPlan _plan;
    private readonly CancellationTokenSource _stop = new();
    private readonly Rounds<NormRoundKey, double[], double[]>? _rounds;
    private readonly GrpcChannel? _channel;
    private readonly NormExchange.NormExchangeClient? _leader;

    public NormSharing(PartitionPlan plan, PeerChannels peers)
    {
        _plan = plan;
        if (plan.IsLeader)
            _rounds = new Rounds<NormRoundKey, double[], double[]>();
        else
            _leader = new NormExchange.NormExchangeClient(_channel = peers.Connect(plan.Leader));
    }

    /// <summary>The other servers ask this one.</summary>
    public bool IsAsked => _rounds is not null && _plan.Servers > 1;

    /// <summary>Adds a server's sums; completes with those of all servers, one behind the other: layout order.</summary>
    public Task<double[]> ShareAsync(int server, NormRoundKey round, double[] sums) =>
        _rounds!.ShareAsync(round, server, _plan.Servers, sums, all => [.. all.SelectMany(s => s)]);

    /// <summary>The sums of all servers, in layout order.</summary>
    /// <exception cref="OperationCanceledException">The partition was stopped.</exception>
    public async ValueTask<ReadOnlyMemory<double>> AllAsync(int group, long step, NormRound round, ReadOnlyMemory<double> sums, int turn = 0)
    {
        if (_plan.Servers == 1)
            return sums;
        if (_rounds is not null)
            return await ShareAsync(_plan.Server, new NormRoundKey(group, step, round, turn), sums.ToArray()).WaitAsync(_stop.Token);
        var share = new NormShare
        {
            JobId = _plan.JobId,
            Generation = _plan.Generation,
            Server = _plan.Server,
            Group = group,
            Step = step,
            Round = round,
            Turn = turn,
        };
        share.Sums.AddRange(sums.ToArray());
        try
        {
            var total = await Retry.ExecuteAsync(async cancellation => await _leader!.ShareAsync(share, cancellationToken: cancellation), _stop.Token);
            return Values(total.Sums);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled)
        {
            throw new OperationCanceledException(e.Status.Detail, e);
        }
    }

    /// <summary>Tells the leader of steps that have closed here; it tries again for as long as the leader is away.</summary>
    /// <exception cref="OperationCanceledException">The partition was stopped.</exception>
    /// <exception cref="RpcException">The leader refuses.</exception>
    public async Task TellAsync(ClosedSteps steps) =>
        await Retry.ExecuteAsync(async cancellation => await _leader!.TellAsync(steps, cancellationToken: cancellation), _stop.Token);

    /// <summary>Whoever waits ends.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _stop.Cancel();
        _channel?.Dispose();
        _stop.Dispose();
    }

    private static double[] Values(RepeatedField<double> field)
    {
        var values = new double[field.Count];
        field.CopyTo(values, 0);
        return values;
    }
}

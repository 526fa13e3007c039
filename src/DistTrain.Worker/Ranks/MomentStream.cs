using System.Diagnostics;
using DistTrain.Optimization.Normalization;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Torch.Passes;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A rank's stream to the job's leader for synchronized BatchNorm, on a connection of its own: what is small and waited for does not stand
/// behind gradients. Used by the rank's thread, which blocks in the middle of a pass until the other ranks are there.
/// </summary>
internal sealed class MomentStream : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<MomentMessage, MomentTotal> _call;
    private readonly VersionInbox _inbox;
    private readonly CancellationTokenSource _cut = new();
    private int _rank;

    /// <param name="peers">Reaches it.</param>
    /// <param name="leader">Endpoint of the job's leader.</param>
    /// <param name="inbox">Where the rank learns that it is to stop, or that a stream was cut: then it does not wait here either.</param>
    public MomentStream(PeerChannels peers, string leader, VersionInbox inbox)
    {
        _inbox = inbox;
        _channel = peers.Connect(leader);
        _call = new MomentExchange.MomentExchangeClient(_channel).Exchange(cancellationToken: _cut.Token);
        inbox.OnFault(_cut.Cancel);
    }

    /// <summary>What the exchanges have cost.</summary>
    public MomentTraffic Traffic { get; } = new();

    /// <summary>Where exchanges are noted; null where nobody listens.</summary>
    public StepTrace? Trace { get; set; }

    /// <summary>Says who shares; once, before anything else.</summary>
    /// <exception cref="RpcException">The leader is away.</exception>
    public void Join(RankAssignment assignment)
    {
        _rank = assignment.Rank;
        Send(new MomentMessage { Join = new MomentJoin { JobId = assignment.JobId, Generation = assignment.Generation, Rank = assignment.Rank } });
    }

    /// <summary>The exchange of one micro-batch of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="microBatch">The micro-batch.</param>
    /// <param name="rank">Whose pass it is. Another's than this stream's is computed a second time: it gets the same answers and adds nothing.</param>
    public IMomentExchange Of(long step, int microBatch, int rank) => new MicroBatchExchange(this, step, microBatch, rank == _rank ? null : rank);

    public void Dispose()
    {
        _call.Dispose();
        _channel.Dispose();
        _cut.Dispose();
    }

    /// <summary>Sends a share and blocks until its total is there.</summary>
    /// <exception cref="RpcException">The leader is away, or refuses.</exception>
    private MomentTotal Share(MomentShare share)
    {
        var started = Stopwatch.GetTimestamp();
        var message = new MomentMessage { Share = share };
        Send(message);
        try
        {
            if (!_call.ResponseStream.MoveNext(CancellationToken.None).GetAwaiter().GetResult())
                throw new RpcException(new Status(StatusCode.Unavailable, "the leader ended the stream of moments"));
            var total = _call.ResponseStream.Current;
            var (sent, received) = (message.CalculateSize(), total.CalculateSize());
            Traffic.Add(Stopwatch.GetElapsedTime(started), sent, received);
            Trace?.Exchanged(started, sent + received);
            return total;
        }
        catch (RpcException)
        {
            // What ended this call may be that another stream has ended: that is the reason to give.
            _inbox.ThrowIfFailed();
            throw;
        }
    }

    private void Send(MomentMessage message)
    {
        try
        {
            _call.RequestStream.WriteAsync(message).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is InvalidOperationException or RpcException or OperationCanceledException or IOException)
        {
            _inbox.ThrowIfFailed();
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    private sealed class MicroBatchExchange(MomentStream stream, long step, int microBatch, int? replayed) : IMomentExchange
    {
        public BatchMoments Merge(int layer, BatchMoments own) => Share(own.ToShare(Round(layer, MomentPass.Forward))).ToMoments();

        public double[] Sum(int layer, double[] own)
        {
            var share = new MomentShare { Round = Round(layer, MomentPass.Backward) };
            share.Values.AddRange(own);
            return [.. Share(share).Values];
        }

        private MomentTotal Share(MomentShare share)
        {
            if (replayed is { } rank)
                share.Replayed = rank;
            return stream.Share(share);
        }

        private MomentRound Round(int layer, MomentPass pass) => new() { Step = step, MicroBatch = microBatch, Layer = layer, Pass = pass };
    }
}

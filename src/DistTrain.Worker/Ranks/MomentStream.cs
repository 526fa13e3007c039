using System.Diagnostics;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using DistTrain.Torch.Passes;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A rank's stream to the job's leader for synchronized BatchNorm, on a connection of its own: what is small and waited for does not stand
/// behind gradients. Used by the rank's thread, which blocks in the middle of a pass until the other ranks are there. Where both are on one machine,
/// shares and totals lie in memory that both see, and the stream says only how long both are there.
/// </summary>
internal sealed class MomentStream : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<MomentMessage, MomentAnswer> _call;
    private readonly VersionInbox _inbox;
    private readonly CancellationTokenSource _cut = new();
    private readonly MemorySharing _memory;
    private readonly string _leader;
    private int _rank;
    private OutgoingSlot? _shares;
    private IncomingSlot? _totals;
    private volatile Exception? _end;

    /// <param name="peers">Reaches it.</param>
    /// <param name="leader">Endpoint of the job's leader.</param>
    /// <param name="inbox">Where the rank learns that it is to stop, or that a stream was cut: then it does not wait here either.</param>
    public MomentStream(PeerChannels peers, string leader, VersionInbox inbox)
    {
        (_inbox, _memory, _leader) = (inbox, peers.Memory, leader);
        _channel = peers.Connect(leader);
        _call = new MomentExchange.MomentExchangeClient(_channel).Exchange(cancellationToken: _cut.Token);
        inbox.OnFault(_cut.Cancel);
    }

    /// <summary>What the exchanges have cost.</summary>
    public MomentTraffic Traffic { get; } = new();

    /// <summary>Where exchanges are noted; null where nobody listens.</summary>
    public StepTrace? Trace { get; set; }

    /// <summary>Says who shares, and agrees where; once, before anything else.</summary>
    /// <param name="assignment">Who.</param>
    /// <param name="layout">Whose layers.</param>
    /// <exception cref="RpcException">The leader is away, or refuses.</exception>
    public void Join(RankAssignment assignment, ParameterLayout layout)
    {
        _rank = assignment.Rank;
        _shares = OutgoingSlot.TryCreate(_memory, MomentMapping.LargestBytes(layout), "moments");
        Send(new MomentMessage { Join = new MomentJoin { JobId = assignment.JobId, Generation = assignment.Generation, Rank = assignment.Rank, Shares = _shares?.Offer } });
        var joined = Receive().Joined;
        if (joined.Shares is { Refusal: { Length: > 0 } refusal })
            _memory.Say($"moments to {_leader}", refusal);
        if (_shares?.IsSeenBy(joined.Shares) is not true || joined.Totals is not { } offer)
            return;
        _totals = IncomingSlot.TryOpen(offer, MomentMapping.LargestBytes(layout), _cut.Token, out var answer);
        if (_totals is null)
            _memory.Say($"moments of {_leader}", answer.Refusal);
        Send(new MomentMessage { Region = answer });
        if (_totals is not null)
            _ = WatchAsync();
    }

    /// <summary>The exchange of one micro-batch of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="microBatch">The micro-batch.</param>
    /// <param name="rank">Whose pass it is. Another's than this stream's is computed a second time: it gets the same answers and adds nothing.</param>
    public IMomentExchange Of(long step, int microBatch, int rank) => new MicroBatchExchange(this, step, microBatch, rank == _rank ? null : rank);

    public void Dispose()
    {
        _totals?.Dispose();
        _call.Dispose();
        _channel.Dispose();
        _cut.Dispose();
        _shares?.Dispose();
    }

    /// <summary>Shares, and blocks until the total is there.</summary>
    /// <exception cref="RpcException">The leader is away, or refuses.</exception>
    private MomentTotal Share(MomentShare share)
    {
        var started = Stopwatch.GetTimestamp();
        var (total, sent, received) = _totals is null ? Sent(share) : Written(share);
        Traffic.Add(Stopwatch.GetElapsedTime(started), sent, received);
        Trace?.Exchanged(started, sent + received);
        return total;
    }

    private (MomentTotal Total, int Sent, int Received) Sent(MomentShare share)
    {
        var message = new MomentMessage { Share = share };
        Send(message);
        var answer = Receive();
        return (answer.Total, message.CalculateSize(), answer.CalculateSize());
    }

    private (MomentTotal Total, int Sent, int Received) Written(MomentShare share)
    {
        try
        {
            _cut.Token.ThrowIfCancellationRequested();
            var sent = _shares!.Write(share);
            return (_totals!.Read(MomentTotal.Parser, out var received), sent, received);
        }
        catch (OperationCanceledException)
        {
            _inbox.ThrowIfFailed();
            throw _end ?? new RpcException(new Status(StatusCode.Unavailable, "the stream of moments was cut"));
        }
    }

    private MomentAnswer Receive()
    {
        try
        {
            return _call.ResponseStream.MoveNext(CancellationToken.None).GetAwaiter().GetResult()
                ? _call.ResponseStream.Current
                : throw new RpcException(new Status(StatusCode.Unavailable, "the leader ended the stream of moments"));
        }
        catch (RpcException)
        {
            // What ended this call may be that another stream has ended: that is the reason to give.
            _inbox.ThrowIfFailed();
            throw;
        }
    }

    /// <summary>Nothing comes on the stream any more but its end, which ends the waiting for totals.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await _call.ResponseStream.MoveNext(CancellationToken.None);
        }
        catch (RpcException e)
        {
            _end = e;
        }

        try
        {
            await _cut.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // This side has ended it.
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

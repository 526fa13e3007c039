using System.Threading.Channels;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>One rank's open stream as the partition sees it: a queue of frames to send. Bounded by the protocol: at most two versions wait.</summary>
internal sealed class RankSession(int rank, long membership)
{
    private readonly Channel<Frame<ServerMessage>> _outgoing =
        Channel.CreateUnbounded<Frame<ServerMessage>>(new UnboundedChannelOptions { SingleReader = true });

    public int Rank { get; } = rank;

    /// <summary>Version of the silos' membership under which the rank was started.</summary>
    public long Membership { get; } = membership;

    public ChannelReader<Frame<ServerMessage>> Outgoing => _outgoing.Reader;

    public void Send(Frame<ServerMessage> frame) => _outgoing.Writer.TryWrite(frame);

    /// <summary>Ends the stream after what is queued.</summary>
    public void End(StatusCode code, string reason) =>
        _outgoing.Writer.TryComplete(code == StatusCode.OK ? null : new RpcException(new Status(code, reason)));
}

using System.Threading.Channels;
using DistTrain.Optimization.Gradients;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>
/// One rank's open stream as the partition sees it: a queue of frames to send, and the memory that both see, which belongs to this stream alone. Bounded by
/// the protocol: at most two versions wait.
/// </summary>
internal sealed class RankSession(int rank, long membership, int buckets)
{
    private readonly Channel<Frame<ServerMessage>> _outgoing =
        Channel.CreateUnbounded<Frame<ServerMessage>>(new UnboundedChannelOptions { SingleReader = true });

    private SharedRegion? _offered;
    private SharedRegion? _seen;
    private (long Step, Contribution? Contribution) _said;

    public int Rank { get; } = rank;

    /// <summary>Version of the silos' membership under which the rank was started.</summary>
    public long Membership { get; } = membership;

    /// <summary>The rank's gradient of this server's run, where it has it in memory that both see; null: it pushes chunks.</summary>
    public ReadOnlyMemory<float>? Gradient { get; init; }

    public ChannelReader<Frame<ServerMessage>> Outgoing => _outgoing.Reader;

    /// <summary>What became of the buckets of a report. For the stream's reader.</summary>
    public Arrival?[] Arrivals { get; } = new Arrival?[buckets];

    /// <summary>A rank that joins.</summary>
    /// <param name="join">What it says.</param>
    /// <param name="plan">What it takes part in.</param>
    /// <param name="answer">To the memory that it offers; null: it offers none.</param>
    public static RankSession Of(JoinRequest join, PartitionPlan plan, out RegionAnswer? answer)
    {
        answer = null;
        SeenRegion? region = null;
        if (join.Gradient is { } offer)
        {
            if (!plan.Memory.IsOn)
                answer = new RegionAnswer { Id = offer.Id, Refusal = MemorySharing.IsOffHere };
            else if (offer.Elements != plan.Layout.Length * plan.Width)
                answer = new RegionAnswer { Id = offer.Id, Refusal = $"it has {offer.Elements} elements, the job's vector {plan.Layout.Length * plan.Width}" };
            else
                region = SeenRegion.TryOpen(offer, out answer);
        }

        return new RankSession(join.Rank, join.Membership, plan.Buckets.Count) { Gradient = region?.Memory.Slice(plan.Offset * plan.Width, plan.Length * plan.Width) };
    }

    /// <summary>The region that the rank is to open, or null: it has been offered, or the rank is not where it could see it.</summary>
    public Region? Offer(SharedRegion? region)
    {
        if (Gradient is null || region is null || region == _offered)
            return null;
        _offered = region;
        return region.Offer;
    }

    /// <summary>The rank says what it saw in the region that was offered last.</summary>
    public void Answer(RegionAnswer answer) => _seen = _offered is { } offered && offered.IsSeenBy(answer) ? offered : null;

    /// <summary>What the rank says of a chunk's step, with this chunk or with one before it. For the stream's reader.</summary>
    public Contribution? Said(GradientChunk chunk)
    {
        if (chunk.Contribution is { } contribution)
            _said = (chunk.Step, contribution);
        return _said.Step == chunk.Step ? _said.Contribution : null;
    }

    /// <summary>The last version whose buckets were not sent, as the rank reads them where they are.</summary>
    public long LastInMemory { get; set; } = -1;

    /// <summary>The rank reads versions there by itself.</summary>
    public bool Sees(SharedRegion? region) => region is not null && _seen == region;

    public void Send(Frame<ServerMessage> frame) => _outgoing.Writer.TryWrite(frame);

    /// <summary>Ends the stream after what is queued.</summary>
    public void End(StatusCode code, string reason) =>
        _outgoing.Writer.TryComplete(code == StatusCode.OK ? null : new RpcException(new Status(code, reason)));
}

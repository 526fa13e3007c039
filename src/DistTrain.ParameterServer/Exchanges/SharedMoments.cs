using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>
/// One rank's shares and the totals for it in memory that both see, served by a thread of its own: between the last rank's share and the totals lie two
/// switches of threads, where a message takes a dozen. Belongs to one stream, whose end ends it.
/// </summary>
internal sealed class SharedMoments : IAsyncDisposable
{
    private readonly int _rank;
    private readonly MomentSharing _moments;
    private readonly IncomingSlot _shares;
    private readonly OutgoingSlot _totals;
    private readonly CancellationTokenSource _end;
    private Task _serving = Task.CompletedTask;

    private SharedMoments(int rank, MomentSharing moments, IncomingSlot shares, OutgoingSlot totals, CancellationTokenSource end) =>
        (_rank, _moments, _shares, _totals, _end) = (rank, moments, shares, totals, end);

    /// <summary>What a rank that joins can share with this server; null: it sends messages.</summary>
    /// <param name="join">What it says.</param>
    /// <param name="plan">What it takes part in.</param>
    /// <param name="moments">Where its shares go.</param>
    /// <param name="cancellation">The end of its stream.</param>
    /// <param name="joined">The answer.</param>
    public static SharedMoments? Of(MomentJoin join, PartitionPlan plan, MomentSharing moments, CancellationToken cancellation, out MomentJoined joined)
    {
        joined = new MomentJoined();
        if (join.Shares is not { } offer)
            return null;
        if (!plan.Memory.IsOn)
        {
            joined.Shares = new RegionAnswer { Id = offer.Id, Refusal = MemorySharing.IsOffHere };
            return null;
        }

        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var shares = IncomingSlot.TryOpen(offer, MomentMapping.LargestBytes(plan.Layout), end.Token, out var answer);
        joined.Shares = answer;
        if (shares is not null && OutgoingSlot.TryCreate(plan.Memory, MomentMapping.LargestBytes(plan.Layout), "moments") is { } totals)
        {
            joined.Totals = totals.Offer;
            return new SharedMoments(join.Rank, moments, shares, totals, end);
        }

        shares?.Dispose();
        end.Dispose();
        return null;
    }

    /// <summary>Answers the rank's shares until the stream ends.</summary>
    /// <param name="answer">What the rank has read where the totals will be.</param>
    /// <exception cref="RpcException">It has not; or as <see cref="MomentSharing.ShareAsync"/>.</exception>
    public Task ServeAsync(RegionAnswer answer)
    {
        if (!_totals.IsSeenBy(answer))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"rank {_rank} does not see where its totals would be"));
        return _serving = Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Ends with the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _shares.Dispose();
        _totals.Dispose();
        _end.Dispose();
    }

    private void Serve()
    {
        try
        {
            while (true)
                _totals.Write(_moments.Share(_rank, _shares.Read(MomentShare.Parser, out _), _end.Token));
        }
        catch (OperationCanceledException)
        {
            // The stream has ended, which says why.
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"rank {_rank} shares what is no message: {e.Message}"));
        }
    }
}

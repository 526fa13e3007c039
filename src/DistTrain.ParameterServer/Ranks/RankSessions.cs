using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>The open streams of a partition's ranks, at most one each. Used under the partition's gate only.</summary>
internal sealed class RankSessions
{
    private readonly Dictionary<int, RankSession> _byRank = [];

    public bool IsEmpty => _byRank.Count == 0;

    /// <summary>
    /// Takes a stream in; one that the rank had before is superseded, unless its silo had seen more of the cluster: the newcomer is then the
    /// rank as it was on a silo that hung and was declared dead, and the two would supersede each other in turns.
    /// </summary>
    /// <exception cref="RpcException">ABORTED: the rank lives elsewhere.</exception>
    public RankSession Add(int rank, long membership)
    {
        if (_byRank.TryGetValue(rank, out var old))
        {
            if (old.Membership > membership)
                throw new RpcException(new Status(StatusCode.Aborted, $"rank {rank} lives on another silo by now"));
            old.End(StatusCode.Aborted, "superseded by a newer stream of the same rank");
        }

        return _byRank[rank] = new RankSession(rank, membership);
    }

    /// <summary>Forgets a stream that has ended; a newer one of the same rank stays.</summary>
    public void Remove(RankSession session)
    {
        if (_byRank.GetValueOrDefault(session.Rank) == session)
            _byRank.Remove(session.Rank);
    }

    /// <summary>Queues a frame for each of these ranks that has a stream.</summary>
    public void Send(IReadOnlyList<int> ranks, Frame<ServerMessage> frame)
    {
        foreach (var rank in ranks)
            _byRank.GetValueOrDefault(rank)?.Send(frame);
    }

    public void EndAll(StatusCode code, string reason)
    {
        foreach (var session in _byRank.Values)
            session.End(code, reason);
        _byRank.Clear();
    }
}

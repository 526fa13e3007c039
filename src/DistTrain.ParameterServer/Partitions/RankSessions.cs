using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>The open streams of a partition's ranks, at most one each. Used under the partition's gate only.</summary>
internal sealed class RankSessions
{
    private readonly Dictionary<int, RankSession> _byRank = [];

    public bool IsEmpty => _byRank.Count == 0;

    /// <summary>Takes a stream in; one that the rank had before is superseded.</summary>
    public RankSession Add(int rank)
    {
        if (_byRank.Remove(rank, out var old))
            old.End(StatusCode.Aborted, "superseded by a newer stream of the same rank");
        return _byRank[rank] = new RankSession(rank);
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

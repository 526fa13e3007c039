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
    public RankSession Add(RankSession session)
    {
        if (_byRank.TryGetValue(session.Rank, out var old))
        {
            if (old.Membership > session.Membership)
                throw new RpcException(new Status(StatusCode.Aborted, $"rank {session.Rank} lives on another silo by now"));
            old.End(StatusCode.Aborted, "superseded by a newer stream of the same rank");
        }

        return _byRank[session.Rank] = session;
    }

    /// <summary>Forgets a stream that has ended; a newer one of the same rank stays.</summary>
    public void Remove(RankSession session)
    {
        if (_byRank.GetValueOrDefault(session.Rank) == session)
            _byRank.Remove(session.Rank);
    }

    /// <summary>Those of these ranks that have a stream.</summary>
    public IEnumerable<RankSession> Of(IReadOnlyList<int> ranks)
    {
        foreach (var rank in ranks)
        {
            if (_byRank.TryGetValue(rank, out var session))
                yield return session;
        }
    }

    public void EndAll(StatusCode code, string reason)
    {
        foreach (var session in _byRank.Values)
            session.End(code, reason);
        _byRank.Clear();
    }
}

using Grpc.Core;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>
/// Small things that all members of a group have to learn from each other in the middle of a step: collects each member's share of a round and
/// gives the same total to all. A total is kept until the step after it has closed, so that a member that was cut off gets the same one when it
/// asks again.
/// </summary>
internal sealed class Rounds<TKey, TShare, TTotal>
    where TKey : struct, IRoundKey
    where TShare : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Round> _rounds = [];
    private readonly Dictionary<int, long> _latest = [];

    /// <summary>Adds a member's share; completes with the total of all members. A share that is already there is not replaced.</summary>
    /// <param name="key">The round.</param>
    /// <param name="member">Number of the member, from 0.</param>
    /// <param name="members">How many there are in the group.</param>
    /// <param name="share">What it brings.</param>
    /// <param name="combine">Makes the total of all shares, by member.</param>
    /// <exception cref="RpcException">FAILED_PRECONDITION: everybody has left the step behind.</exception>
    public Task<TTotal> ShareAsync(TKey key, int member, int members, TShare share, Func<IReadOnlyList<TShare>, TTotal> combine)
    {
        lock (_gate)
        {
            var round = Of(key, members);
            round.Add(member, share, combine);
            return round.Total;
        }
    }

    /// <summary>Completes with the total of all members, and brings no share: for somebody who looks on.</summary>
    /// <param name="key">The round.</param>
    /// <param name="members">How many there are in the group.</param>
    /// <exception cref="RpcException">FAILED_PRECONDITION: everybody has left the step behind.</exception>
    public Task<TTotal> TotalAsync(TKey key, int members)
    {
        lock (_gate)
            return Of(key, members).Total;
    }

    /// <summary>The round, which begins with whoever comes first.</summary>
    private Round Of(TKey key, int members)
    {
        if (key.Step < _latest.GetValueOrDefault(key.Group) - 1)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"step {key.Step} has been over for long; the open one is {_latest[key.Group]}"));
        Forget(key);
        if (!_rounds.TryGetValue(key, out var round))
            _rounds[key] = round = new Round(members);
        return round;
    }

    /// <summary>All members have closed step − 1, or nobody would be in this one; so nobody asks for step − 2 any more.</summary>
    private void Forget(TKey key)
    {
        if (key.Step <= _latest.GetValueOrDefault(key.Group, -1))
            return;
        _latest[key.Group] = key.Step;
        foreach (var old in _rounds.Keys.Where(k => k.Group == key.Group && k.Step < key.Step - 1).ToList())
            _rounds.Remove(old);
    }

    private sealed class Round(int members)
    {
        private readonly TShare?[] _shares = new TShare?[members];
        private readonly TaskCompletionSource<TTotal> _total = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TTotal> Total => _total.Task;

        public void Add(int member, TShare share, Func<IReadOnlyList<TShare>, TTotal> combine)
        {
            if (_shares[member] is not null)
                return;
            _shares[member] = share;
            if (!_shares.Contains(null))
                _total.SetResult(combine(_shares!));
        }
    }
}

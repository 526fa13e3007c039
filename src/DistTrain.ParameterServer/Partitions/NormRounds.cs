namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// The leader's side of the exchange of norms: collects each server's sums of a round and gives all of them to all. A round's answer is kept
/// until the step after it, so that a server whose call was cut gets the same one when it asks again.
/// </summary>
internal sealed class NormRounds(int servers)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Group, long Step, int Round), Round> _rounds = [];

    /// <summary>Adds a server's sums; completes with those of all servers, in order of servers.</summary>
    public Task<double[]> ShareAsync(int server, int group, long step, int round, ReadOnlyMemory<double> sums)
    {
        lock (_gate)
        {
            if (!_rounds.TryGetValue((group, step, round), out var open))
            {
                // Every server has closed step − 1, or it would not be in this one; so nobody asks for step − 2 any more.
                foreach (var old in _rounds.Keys.Where(k => k.Group == group && k.Step < step - 1).ToList())
                    _rounds.Remove(old);
                _rounds[(group, step, round)] = open = new Round(servers);
            }

            open.Add(server, sums);
            return open.Total;
        }
    }

    private sealed class Round(int servers)
    {
        private readonly double[]?[] _shares = new double[servers][];
        private readonly TaskCompletionSource<double[]> _total = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<double[]> Total => _total.Task;

        public void Add(int server, ReadOnlyMemory<double> sums)
        {
            if (_shares[server] is not null)
                return;
            _shares[server] = sums.ToArray();
            if (!_shares.Contains(null))
                _total.SetResult([.. _shares.SelectMany(s => s!)]);
        }
    }
}

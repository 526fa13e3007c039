using System.Diagnostics;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// Where a rank's streams put what the servers send. Buckets go straight into the replica's flat vector: they only arrive once the rank
/// has pushed its gradient, so no computation reads it at that time. The rank's thread waits here for whole versions.
/// </summary>
internal sealed class VersionInbox(VersionPlace place, int servers)
{
    private readonly object _gate = new();
    private readonly bool[] _buckets = new bool[place.Layout.Buckets.Count];
    private readonly VersionHead?[] _heads = new VersionHead?[servers];
    private readonly long[] _openSteps = [.. Enumerable.Repeat(-1L, servers)];
    private readonly (long First, long Last, long Bytes)[] _arrivals = new (long, long, long)[servers];
    private ProbedScale? _scale;
    private long _expected = -1;
    private int _missing;
    private Exception? _fault;
    private Action? _onFault;

    /// <summary>Called once, when a stream has ended or the rank is to stop; at once if that has happened.</summary>
    public void OnFault(Action action)
    {
        lock (_gate)
        {
            if (_fault is null)
            {
                _onFault += action;
                return;
            }
        }

        action();
    }

    /// <summary>Blocks until every server has taken the rank in.</summary>
    /// <returns>The step to start from: the lowest open one.</returns>
    public long WaitForJoin()
    {
        lock (_gate)
        {
            WaitUntil(() => !_openSteps.Contains(-1));
            return _openSteps.Min();
        }
    }

    /// <summary>From now on <paramref name="version"/> is collected; what belongs to others is ignored.</summary>
    public void Expect(long version)
    {
        lock (_gate)
        {
            _expected = version;
            _missing = _buckets.Length + _heads.Length;
            Array.Clear(_buckets);
            Array.Clear(_heads);
            Array.Clear(_arrivals);
        }
    }

    /// <summary>Blocks until the expected version is whole: its head and all its buckets from every server.</summary>
    /// <returns>The head; training is over when any server says so.</returns>
    public VersionHead WaitForVersion()
    {
        lock (_gate)
        {
            WaitUntil(() => _missing == 0);
            return _heads.FirstOrDefault(h => h!.Take == 0) ?? _heads[0]!;
        }
    }

    /// <summary>Blocks until the leader has said where the loss along an update is wanted in a turn.</summary>
    public ProbedScale WaitForScale(long version, int turn)
    {
        lock (_gate)
        {
            WaitUntil(() => _scale is { } scale && scale.Version == version && scale.Turn == turn);
            return _scale!;
        }
    }

    /// <summary>When the first and the last message of the expected version came from a server, and how much they carried. For the rank's thread, once it is whole.</summary>
    public (long First, long Last, long Bytes) ArrivalOf(int server) => _arrivals[server];

    /// <summary>A stream brought something.</summary>
    /// <param name="server">Which.</param>
    /// <param name="frame">What.</param>
    /// <param name="shared">Where the server has the version of a head, from its first element on, in memory that both see; empty: it sends buckets.</param>
    public void Receive(int server, Frame<ServerMessage> frame, ReadOnlyMemory<float> shared)
    {
        var message = frame.Head;
        lock (_gate)
        {
            switch (message.BodyCase)
            {
                case ServerMessage.BodyOneofCase.Joined:
                    _openSteps[server] = message.Joined.OpenStep;
                    break;
                case ServerMessage.BodyOneofCase.Scale:
                    _scale = message.Scale;
                    break;
                case ServerMessage.BodyOneofCase.Head when message.Head.Version == _expected && _heads[server] is null:
                    _heads[server] = message.Head;
                    Arrived(server, shared.IsEmpty ? 0 : Copy(server, shared.Span));
                    break;
                case ServerMessage.BodyOneofCase.Parameters when message.Parameters.Version == _expected && !_buckets[message.Parameters.Bucket]:
                    _buckets[message.Parameters.Bucket] = true;
                    Take(place.Layout.Buckets[message.Parameters.Bucket], frame.Payload.Span);
                    Arrived(server, frame.Payload.Length * sizeof(float));
                    break;
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A stream has ended, or the rank is to stop: whoever waits gets the first such reason.</summary>
    public void Fail(Exception fault)
    {
        Action? onFault;
        lock (_gate)
        {
            _fault ??= fault;
            (onFault, _onFault) = (_onFault, null);
            Monitor.PulseAll(_gate);
        }

        onFault?.Invoke();
    }

    /// <summary>Throws the reason for which a stream has ended, if one has.</summary>
    public void ThrowIfFailed()
    {
        lock (_gate)
        {
            if (_fault is not null)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_fault);
        }
    }

    /// <summary>
    /// Takes a server's whole run from memory that both see, once: the server writes the version after the next one there, when this rank has pushed for it.
    /// Holds the gate.
    /// </summary>
    /// <returns>Bytes of it.</returns>
    private long Copy(int server, ReadOnlySpan<float> shared)
    {
        var length = 0;
        foreach (var bucket in place.Layout.Buckets.Take(place.Layout.BucketsOf(server, servers)))
        {
            Take(bucket, shared.Slice(length, bucket.Length * place.Width));
            length += bucket.Length * place.Width;
            if (!_buckets[bucket.Index])
                _missing--;
            _buckets[bucket.Index] = true;
        }

        return length * sizeof(float);
    }

    private void Take(Bucket bucket, ReadOnlySpan<float> values)
    {
        values.CopyTo(place.Memory.Span[(bucket.Offset * place.Width)..]);
        place.Arrived?.Invoke(bucket.Offset, bucket.Length);
    }

    /// <summary>A piece of the expected version is there. Holds the gate.</summary>
    private void Arrived(int server, long bytes)
    {
        _missing--;
        var now = Stopwatch.GetTimestamp();
        var (first, _, before) = _arrivals[server];
        _arrivals[server] = (first == 0 ? now : first, now, before + bytes);
    }

    private void WaitUntil(Func<bool> condition)
    {
        while (!condition())
        {
            ThrowIfFailed();
            Monitor.Wait(_gate);
        }
    }
}

using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>
/// One rank with a stream to every server, which does what each version's head says: evaluates, pushes its share, waits for the next version.
/// What it pushes is a function of head and rank, so it may die at any message and begin again.
/// </summary>
public sealed class Trainee : IAsyncDisposable
{
    private readonly TinyJob _job;
    private readonly SortedDictionary<long, (VersionHead Head, float[] Vector)> _versions = [];
    private FakeRank[] _streams = [];

    public Trainee(TinyJob job, int rank) => (_job, Rank) = (job, rank);

    public int Rank { get; }

    /// <summary>Share of its examples that it classifies right.</summary>
    public Func<VersionHead, double> Accuracy { get; init; } = _ => 0.5;

    /// <summary>Where it dies after the first server has all of its gradient and before the second has any.</summary>
    public Func<VersionHead, bool> DiesAt { get; init; } = _ => false;

    /// <summary>True when the first server closes a step without the second: then it dies only when that has happened.</summary>
    public bool FirstServerGoesAhead { get; init; } = true;

    /// <summary>Every version that it has held.</summary>
    public IReadOnlyDictionary<long, (VersionHead Head, float[] Vector)> Versions => _versions;

    /// <summary>The head of the version that it holds.</summary>
    public VersionHead Head => _versions.Values.Last().Head;

    public FakeRank this[int server] => _streams[server];

    /// <summary>What it pushes at a version: any numbers, others at another place in the data.</summary>
    public static float[] Gradient(VersionHead head, int rank) =>
        TinyModel.Gradient(head.Version + (31L * head.Position.Cursor) + (1009L * head.Position.Group), rank);

    /// <summary>Examples of its share.</summary>
    public static int Examples(TinyJob job, VersionHead head, int rank) =>
        head.Sharing == Sharing.Alone ? head.Take : Shard.Of(rank, job.Workers, head.Take).Count;

    /// <summary>Joins every server and pulls the lowest open version.</summary>
    public async Task AttachAsync()
    {
        var streams = new List<FakeRank>();
        for (var server = 0; server < _job.Servers.Count; server++)
            streams.Add(await FakeRank.JoinAsync(_job, Rank, server));
        _streams = [.. streams];
        var version = _streams.Min(s => s.OpenStep);
        foreach (var stream in _streams)
            await stream.PullAsync(version);
        await ReceiveAsync(version);
    }

    /// <summary>Steps until a head says that training is over, or <paramref name="until"/> holds.</summary>
    public async Task TrainAsync(Func<VersionHead, bool>? until = null)
    {
        while (Head.Take > 0 && until?.Invoke(Head) is not true)
            await StepAsync();
        if (Head.Take == 0)
            await EvaluateAsync();
    }

    public async Task StepAsync()
    {
        await EvaluateAsync();
        if (DiesAt(Head))
        {
            await PushAsync(server: 0);
            await DieAsync();
            await EvaluateAsync();
        }

        for (var server = 0; server < _streams.Length; server++)
            await PushAsync(server);
        await ReceiveAsync(Head.Version + 1);
    }

    /// <summary>Pushes every bucket of one server.</summary>
    public async Task PushAsync(int server)
    {
        var gradient = Gradient(Head, Rank);
        var examples = Examples(_job, Head, Rank);
        List<GradientChunk> shared = [];
        var isFirst = true;
        foreach (var bucket in _job.BucketsOf(server))
        {
            var chunk = _streams[server].Chunk(Head.Version, bucket.Index, examples);
            var said = chunk.Gradient.Contribution;
            said.LossSum = examples * (1 + (0.1 * Rank));
            said.Correct = (int)Math.Round(examples * Accuracy(Head));
            chunk.Gradient.SquaredNorm = SquaredNorm.Of(gradient.AsSpan(bucket.Offset, Math.Clamp(_job.Layout.TrainableLength - bucket.Offset, 0, bucket.Length)));
            if (_job.SharesMemory(Rank))
            {
                shared.Add(chunk.Gradient);
                continue;
            }

            // What is told of the step goes with the first chunk.
            if (!isFirst)
                chunk.Gradient.Contribution = null;
            isFirst = false;
            await _streams[server].PushAsync(chunk, gradient);
        }

        if (shared.Count > 0)
            await _streams[server].ReportAsync(shared, gradient);
    }

    /// <summary>How each server ends its stream.</summary>
    public Task<Grpc.Core.Status[]> EndAsync() => Task.WhenAll(_streams.Select(s => s.EndAsync()));

    /// <summary>Cuts the streams.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams)
            await stream.DisposeAsync();
    }

    private async Task DieAsync()
    {
        var step = Head.Version;
        if (FirstServerGoesAhead)
            await _streams[0].ReceiveVersionAsync(step + 1);
        else
            await _streams[0].SettleAsync(step);
        await DisposeAsync();
        await AttachAsync();
        Assert.Equal(step, Head.Version);
        if (FirstServerGoesAhead)
            Assert.Equal([step + 1, step], _streams.Select(s => s.OpenStep));
    }

    private async Task EvaluateAsync()
    {
        if (Head.Evaluate)
        {
            var report = new EvaluationReport { Version = Head.Version, Rank = Rank, Examples = 2, LossSum = Rank, Correct = 1 };
            await _streams[0].SendAsync(new RankMessage { Evaluation = report });
        }
    }

    /// <summary>Pulls the version that it holds once more: it must be the same.</summary>
    public async Task ReceiveAgainAsync()
    {
        foreach (var stream in _streams)
            await stream.PullAsync(Head.Version);
        await ReceiveAsync(Head.Version);
    }

    /// <summary>Waits for a version from every server, and holds it.</summary>
    public async Task ReceiveAsync(long version)
    {
        var vector = new float[_job.Layout.Length];
        VersionHead? head = null;
        foreach (var stream in _streams)
        {
            var received = await stream.ReceiveVersionAsync(version);
            head ??= received.Head;
            Assert.Equal(head, received.Head);
            foreach (var (bucket, values) in received.Buckets)
                values.CopyTo(vector, _job.Layout.Buckets[bucket].Offset);
        }

        if (_versions.TryGetValue(version, out var before))
            SameBits.Check(before.Vector, vector);
        _versions[version] = (head!, vector);
    }
}

using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>All ranks of a job, each with a stream to every server, at the version the servers are open at.</summary>
public sealed class RankGroup : IAsyncDisposable
{
    private readonly TinyJob _job;
    private readonly List<FakeRank[]> _ranks = [];

    private RankGroup(TinyJob job)
    {
        _job = job;
        Vector = new float[job.Layout.Length];
    }

    /// <summary>The last version received.</summary>
    public float[] Vector { get; }

    /// <summary>The leader's head of it.</summary>
    public VersionHead Head { get; private set; } = new();

    /// <summary>The stream of <paramref name="rank"/> to <paramref name="server"/>.</summary>
    public FakeRank this[int rank, int server = 0] => _ranks[rank][server];

    public static async Task<RankGroup> AttachAsync(TinyJob job)
    {
        var group = new RankGroup(job);
        try
        {
            for (var rank = 0; rank < job.Workers; rank++)
            {
                var streams = new FakeRank[job.Servers.Count];
                for (var server = 0; server < streams.Length; server++)
                    streams[server] = await FakeRank.JoinAsync(job, rank, server);
                group._ranks.Add(streams);
            }

            foreach (var stream in group._ranks.SelectMany(r => r))
                await stream.PullAsync(stream.OpenStep);
            await group.ReceiveAsync(group[0].OpenStep);
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every rank pushes every bucket, in order or in an order given; each receives the next version whole.</summary>
    /// <returns>The leader's head of the next version.</returns>
    public async Task<VersionHead> StepAsync(long step, IEnumerable<(int Rank, int Bucket)>? order = null, IReadOnlyList<int>? examples = null)
    {
        order ??= from rank in Enumerable.Range(0, _job.Workers) from bucket in _job.Layout.Buckets select (rank, bucket.Index);
        foreach (var (rank, bucket) in order)
            await this[rank, _job.ServerOf(bucket)].PushAsync(step, bucket, examples?[rank]);
        return await ReceiveAsync(step + 1);
    }

    /// <summary>Steps 0 to <paramref name="steps"/> − 1.</summary>
    public async Task TrainAsync(long steps)
    {
        for (var step = 0L; step < steps; step++)
            await StepAsync(step);
    }

    /// <summary>Waits for <paramref name="version"/> on every stream; all ranks must get the same bits.</summary>
    public async Task<VersionHead> ReceiveAsync(long version)
    {
        VersionHead? head = null;
        foreach (var streams in _ranks)
        {
            var vector = new float[Vector.Length];
            foreach (var stream in streams)
            {
                var received = await stream.ReceiveVersionAsync(version);
                head ??= received.Head;
                // Only the leader says whose gradient is computed twice.
                received.Head.Replay = head.Replay;
                Assert.Equal(head, received.Head);
                foreach (var (bucket, values) in received.Buckets)
                    values.CopyTo(vector, _job.Layout.Buckets[bucket].Offset);
            }

            if (streams != _ranks[0])
                SameBits.Check(Vector, vector);
            vector.CopyTo(Vector, 0);
        }

        return Head = head!;
    }

    /// <summary>Every rank says that it is done, and reads until the server has let it go.</summary>
    public async Task LeaveAsync()
    {
        foreach (var stream in _ranks.SelectMany(r => r))
        {
            await stream.CompleteAsync();
            await stream.EndAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _ranks.SelectMany(r => r))
            await stream.DisposeAsync();
    }
}

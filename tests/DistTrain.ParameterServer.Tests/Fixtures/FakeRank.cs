using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>What a server sent: its head, and the bucket beside it if there is one.</summary>
public sealed record Received(ServerMessage Message, float[] Bucket);

/// <summary>A version as one server sent it.</summary>
public sealed record ReceivedVersion(VersionHead Head, IReadOnlyDictionary<int, float[]> Buckets);

/// <summary>One rank's real stream to one server; a test says each message.</summary>
public sealed class FakeRank : IAsyncDisposable
{
    private readonly TinyJob _job;
    private readonly int _server;
    private readonly AsyncDuplexStreamingCall<Frame<RankMessage>, Frame<ServerMessage>> _call;
    private SharedRegion? _gradient;
    private SeenRegion? _versions;

    private FakeRank(TinyJob job, int rank, int server)
    {
        (_job, Rank, _server) = (job, rank, server);
        _call = job.Servers[server].Channel.CreateCallInvoker().AsyncDuplexStreamingCall(ExchangeMethods.Exchange, host: null, default);
    }

    public int Rank { get; }

    /// <summary>Where it has its gradient.</summary>
    public Memory<float> Gradient => _gradient!.Memory;

    /// <summary>The memory that the server has offered.</summary>
    public long VersionsId => _versions!.Answer.Id;

    /// <summary>What the server said when it took the rank in.</summary>
    public long OpenStep { get; private set; } = -1;

    /// <summary>A stream on which nothing has been said.</summary>
    public static FakeRank Connect(TinyJob job, int rank, int server = 0) => new(job, rank, server);

    /// <summary>A stream that the server has taken in.</summary>
    public static async Task<FakeRank> JoinAsync(TinyJob job, int rank, int server = 0, long membership = 0)
    {
        var stream = Connect(job, rank, server);
        var join = Joining(job, rank, membership);
        if (job.SharesMemory(rank))
        {
            stream._gradient = SharedRegion.TryCreate(job.Layout.Length, out var refusal) ?? throw new InvalidOperationException(refusal);
            join.Gradient = stream._gradient.Offer;
        }

        await stream.SendAsync(new RankMessage { Join = join });
        var joined = (await stream.ReceiveAsync($"rank {rank} is taken in"))!.Message.Joined;
        stream.OpenStep = joined.OpenStep;
        if (stream._gradient is { } gradient)
            Assert.True(gradient.IsSeenBy(joined.Gradient), joined.Gradient?.Refusal);
        await stream.SeeAsync(joined.Versions);
        return stream;
    }

    /// <summary>Opens the memory that the server offers, if it does, and proves that it is seen.</summary>
    private async Task SeeAsync(Region? offer)
    {
        if (offer is null)
            return;
        _versions = SeenRegion.TryOpen(offer, out var answer);
        await SendAsync(new RankMessage { Region = answer });
    }

    public static JoinRequest Joining(TinyJob job, int rank, long membership = 0) => new()
    {
        JobId = job.Id,
        Generation = job.Generation,
        Rank = rank,
        LayoutHash = job.Layout.Hash,
        DataFingerprint = TinyJob.Data,
        Silo = job.SiloOf(rank),
        Membership = membership,
    };

    /// <summary>What a rank says of its examples: another number for each step and rank.</summary>
    public static ulong Digest(long step, int rank) => (0xfedcba98UL << 32) + (ulong)((1000 * step) + rank);

    public Task SendAsync(RankMessage message, ReadOnlyMemory<float> payload = default) =>
        _call.RequestStream.WriteAsync(Frame<RankMessage>.ToSend(message, payload)).For($"rank {Rank} sends {message.BodyCase}");

    public Task PullAsync(long version) => SendAsync(new RankMessage { Pull = new PullRequest { Version = version } });

    /// <summary>Pushes one bucket of <see cref="TinyModel.Gradient"/>, or of <paramref name="gradient"/>.</summary>
    public Task PushAsync(long step, int bucket, int? examples = null, float[]? gradient = null) =>
        PushAsync(Chunk(step, bucket, examples), gradient ?? TinyModel.Gradient(step, Rank));

    /// <summary>Pushes the chunk's bucket of <paramref name="gradient"/>.</summary>
    public Task PushAsync(RankMessage chunk, float[] gradient)
    {
        var place = _job.Layout.Buckets[chunk.Gradient.Bucket];
        return SendAsync(chunk, gradient.AsMemory(place.Offset, place.Length));
    }

    /// <summary>Has a whole gradient in memory and says so.</summary>
    /// <param name="chunks">What would be pushed of each bucket.</param>
    /// <param name="gradient">The gradient.</param>
    public Task ReportAsync(IReadOnlyList<GradientChunk> chunks, float[] gradient)
    {
        gradient.CopyTo(_gradient!.Memory);
        var report = new GradientReport { Step = chunks[0].Step, Contribution = chunks[0].Contribution };
        report.SquaredNorms.AddRange(chunks.Select(chunk => chunk.SquaredNorm));
        return SendAsync(new RankMessage { Report = report });
    }

    public RankMessage Chunk(long step, int bucket, int? examples = null) => new()
    {
        Gradient = new GradientChunk
        {
            Step = step,
            Bucket = bucket,
            Contribution = new Contribution
            {
                Rank = Rank,
                Examples = examples ?? _job.Shares()[Rank],
                LossSum = 1 + (0.1 * Rank) + step,
                Correct = 1,
                ComputeMilliseconds = 1,
                ExamplesDigest = Digest(step, Rank),
            },
        },
    };

    /// <summary>Pushes every bucket of this server.</summary>
    public async Task PushAllAsync(long step)
    {
        if (_gradient is not null)
        {
            await ReportAsync([.. _job.BucketsOf(_server).Select(bucket => Chunk(step, bucket.Index).Gradient)], TinyModel.Gradient(step, Rank));
            return;
        }

        foreach (var bucket in _job.BucketsOf(_server))
            await PushAsync(step, bucket.Index);
    }

    /// <summary>Returns once the server has dealt with all that was sent before: it answers a pull of its version after it.</summary>
    public async Task SettleAsync(long version)
    {
        await PullAsync(version);
        await ReceiveVersionAsync(version);
    }

    /// <summary>The next message, or null at the stream's end.</summary>
    /// <exception cref="RpcException">The server has ended the stream with a reason.</exception>
    public async Task<Received?> ReceiveAsync(string what)
    {
        if (!await _call.ResponseStream.MoveNext(default).For($"rank {Rank}, server {_server}: {what}"))
            return null;
        using var frame = _call.ResponseStream.Current;
        return new Received(frame.Head, frame.Payload.ToArray());
    }

    /// <summary>Reads until the head and all buckets of <paramref name="version"/> are there; what belongs to other versions is passed over.</summary>
    public async Task<ReceivedVersion> ReceiveVersionAsync(long version)
    {
        VersionHead? head = null;
        var buckets = new SortedDictionary<int, float[]>();
        var all = _job.BucketsOf(_server).Count;
        while (head is null || buckets.Count < all)
        {
            var received = await ReceiveAsync($"version {version}, {buckets.Count} of {all} buckets and {(head is null ? "no " : "")}head are there")
                ?? throw new InvalidOperationException($"the stream of rank {Rank} has ended");
            if (received.Message.Head is { } found && found.Version == version)
            {
                head = found;
                await SeeAsync(found.Versions);
                if (found.Region != 0)
                    KeepShared(buckets, found);
                // Where it is differs between streams.
                (found.Region, found.FirstElement, found.Versions) = (0, 0, null);
            }
            else if (received.Message.Parameters is { } chunk && chunk.Version == version)
                Keep(buckets, chunk.Bucket, received.Bucket);
        }

        return new ReceivedVersion(head, buckets);
    }

    /// <summary>Says that nothing more will come.</summary>
    public Task CompleteAsync() => _call.RequestStream.CompleteAsync().For($"rank {Rank} ends its stream");

    /// <summary>Reads the rest of the stream.</summary>
    /// <returns>How the server ended it.</returns>
    public async Task<Status> EndAsync()
    {
        try
        {
            while (await ReceiveAsync("the end of the stream") is not null)
            {
                // What still comes is not asked for here.
            }

            return Status.DefaultSuccess;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    /// <summary>Cuts the stream, if it is still there.</summary>
    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        _gradient?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void KeepShared(SortedDictionary<int, float[]> buckets, VersionHead head)
    {
        Assert.Equal(_versions!.Answer.Id, head.Region);
        var at = (int)head.FirstElement;
        foreach (var bucket in _job.BucketsOf(_server))
        {
            Keep(buckets, bucket.Index, _versions.Memory.Slice(at, bucket.Length).ToArray());
            at += bucket.Length;
        }
    }

    private static void Keep(SortedDictionary<int, float[]> buckets, int bucket, float[] values)
    {
        // A bucket may come twice, as an answer and because it was stepped: it must be the same.
        if (!buckets.TryAdd(bucket, values))
            SameBits.Check(buckets[bucket], values);
    }
}

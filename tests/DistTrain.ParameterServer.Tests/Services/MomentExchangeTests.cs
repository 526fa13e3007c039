using DistTrain.Optimization.Normalization;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>How ranks learn the moments of a batch that spans them, over real connections to a real leader: in messages, and in memory that both see.</summary>
[Trait("Kind", "Fast")]
public abstract class MomentExchangeTests(RealServer server, bool inMemory) : IClassFixture<RealServer>
{
    private protected RealServer Server => server;

    private static readonly int Layer = TinyModel.Layout.Segments.ToList().IndexOf(TinyModel.Statistics);

    private static readonly int Channels = TinyModel.Statistics.Shape[0];

    [Fact]
    public async Task Moments_are_merged_in_rank_order_whoever_comes_first()
    {
        var job = await OpenAsync("workers=3", "batch=6", "batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 3);
        var own = Enumerable.Range(0, 3).Select(Moments).ToList();
        foreach (var rank in new[] { 2, 0, 1 })
            await ranks.ShareAsync(rank, own[rank].ToShare(Round(0)));
        var expected = BatchMoments.Merge(own);
        for (var rank = 0; rank < 3; rank++)
        {
            var total = (await ranks.TotalAsync(rank)).ToMoments();
            Assert.Equal(expected.Count, total.Count);
            Assert.Equal(expected.Mean, total.Mean);
            Assert.Equal(expected.SquaredDeviations, total.SquaredDeviations);
        }
    }

    [Fact]
    public async Task Sums_of_the_backward_pass_are_added()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 2);
        for (var rank = 0; rank < 2; rank++)
        {
            var share = new MomentShare { Round = Round(0, MomentPass.Backward) };
            share.Values.AddRange(Enumerable.Range(0, 2 * Channels).Select(i => (double)(i + rank)));
            await ranks.ShareAsync(rank, share);
        }

        Assert.Equal(Enumerable.Range(0, 2 * Channels).Select(i => (2.0 * i) + 1), (await ranks.TotalAsync(1)).Values);
    }

    [Fact]
    public async Task Groups_of_neighbouring_ranks_do_not_wait_for_each_other()
    {
        var job = await OpenAsync("workers=4", "batchNorm.scope=\"group:2\"");
        await using var ranks = await StreamsAsync(job, 4);
        var own = Enumerable.Range(0, 4).Select(Moments).ToList();
        await ranks.ShareAsync(2, own[2].ToShare(Round(0)));
        await ranks.ShareAsync(3, own[3].ToShare(Round(0)));
        Assert.Equal(BatchMoments.Merge(own[2], own[3]).Mean, (await ranks.TotalAsync(3)).ToMoments().Mean);
    }

    /// <summary>A rank that was lost replays its step; the others may be one ahead.</summary>
    [Fact]
    public async Task A_rank_that_replays_a_step_gets_the_same_bits_until_all_have_left_it()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 2);
        for (var step = 0; step < 2; step++)
        {
            for (var rank = 0; rank < 2; rank++)
                await ranks.ShareAsync(rank, Moments(rank + step).ToShare(Round(step)));
            for (var rank = 0; rank < 2; rank++)
                await ranks.TotalAsync(rank);
        }

        await using var again = await StreamsAsync(job, 1);
        // What is sent again is not what counts: the answer stands.
        await again.ShareAsync(0, Moments(7).ToShare(Round(0)));
        Assert.Equal(BatchMoments.Merge(Moments(0), Moments(1)).Mean, (await again.TotalAsync(0)).ToMoments().Mean);

        await ranks.ShareAsync(1, Moments(0).ToShare(Round(2)));
        await again.ShareAsync(0, Moments(0).ToShare(Round(2)));
        await ranks.TotalAsync(1);
        await ranks.ShareAsync(0, Moments(0).ToShare(Round(0)));
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.FailedPrecondition, "step 0 has been over for long");
    }

    [Fact]
    public async Task Who_waits_is_told_when_training_is_stopped()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 1);
        await ranks.ShareAsync(0, Moments(0).ToShare(Round(0)));
        var waiting = ranks.TotalAsync(0);
        await job.StopAsync();
        await RefusedAsync(waiting, StatusCode.Cancelled, "training has been stopped");
    }

    [Theory]
    [InlineData(0, 40)]
    [InlineData(4, 39)]
    [InlineData(5, 40)]
    [InlineData(-1, 40)]
    public async Task Values_that_fit_no_layer_are_refused(int layer, int values)
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 1);
        var share = new MomentShare { Round = new MomentRound { Layer = layer } };
        share.Values.AddRange(new double[values]);
        await ranks.ShareAsync(0, share);
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.FailedPrecondition, $"rank 0 shares {values} values of layer {layer}");
    }

    [Theory]
    [InlineData(2, 0, StatusCode.Aborted, "generation 2 is fenced: the job runs generation 1")]
    [InlineData(1, 2, StatusCode.FailedPrecondition, "rank 2 exchanges no moments of job")]
    [InlineData(1, -1, StatusCode.FailedPrecondition, "rank -1 exchanges no moments of job")]
    public async Task Another_generation_and_a_rank_that_is_none_are_refused(long generation, int rank, StatusCode code, string reason)
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var stream = new MomentStreams(server, inMemory);
        await stream.OpenAsync(new MomentJoin { JobId = job.Id, Generation = generation, Rank = rank });
        await RefusedAsync(stream.TotalAsync(0), code, reason);
    }

    /// <summary>Also when it comes before the rank's own, whose group is another: the answer is that of the ranks themselves.</summary>
    [Fact]
    public async Task A_share_that_is_computed_a_second_time_is_answered_and_adds_nothing()
    {
        var job = await OpenAsync("workers=4", "batch=8", "batchNorm.scope=group:2");
        await using var ranks = await StreamsAsync(job, 4);
        var again = Moments(9).ToShare(Round(0));
        again.Replayed = 2;
        await ranks.ShareAsync(0, again);
        var own = Enumerable.Range(2, 2).Select(Moments).ToList();
        await ranks.ShareAsync(2, own[0].ToShare(Round(0)));
        await ranks.ShareAsync(3, own[1].ToShare(Round(0)));
        var expected = BatchMoments.Merge(own);
        foreach (var rank in new[] { 0, 2, 3 })
            Assert.Equal(expected.Mean, (await ranks.TotalAsync(rank)).ToMoments().Mean);
    }

    [Fact]
    public async Task A_share_of_a_rank_that_the_job_does_not_have_is_refused()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 1);
        var again = Moments(0).ToShare(Round(0));
        again.Replayed = 2;
        await ranks.ShareAsync(0, again);
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.FailedPrecondition, "rank 0 shares moments of rank 2");
    }

    [Fact]
    public async Task A_job_whose_ranks_are_by_themselves_exchanges_nothing()
    {
        var job = await OpenAsync();
        await using var ranks = await StreamsAsync(job, 1);
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.FailedPrecondition, "exchanges no moments");
    }

    private protected Task<TinyJob> OpenAsync(params string[] overrides) => new TinyJob(server, overrides).OpenAsync();

    private protected async Task<MomentStreams> StreamsAsync(TinyJob job, int count)
    {
        var streams = new MomentStreams(server, inMemory);
        for (var rank = 0; rank < count; rank++)
            await streams.OpenAsync(new MomentJoin { JobId = job.Id, Generation = 1, Rank = rank });
        return streams;
    }

    private static MomentRound Round(long step, MomentPass pass = MomentPass.Forward) => new() { Step = step, Layer = Layer, Pass = pass };

    private static BatchMoments Moments(int seed)
    {
        var random = new Random(seed);
        double[] Values() => [.. Enumerable.Range(0, Channels).Select(_ => random.NextDouble())];
        return new BatchMoments(9 * (seed + 1), Values(), Values());
    }

    private protected static async Task RefusedAsync(Task answer, StatusCode code, string reason)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => answer.For("the refusal"));
        Assert.Equal(code, refused.StatusCode);
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>Streams of some ranks.</summary>
    private protected sealed class MomentStreams(RealServer server, bool inMemory) : IAsyncDisposable
    {
        private readonly List<Stream> _streams = [];

        public Task OpenAsync(MomentJoin join)
        {
            var stream = new Stream(new MomentExchange.MomentExchangeClient(server.Channel).Exchange(), inMemory ? OutgoingSlot.TryCreate(new MemorySharing(isOn: true), MomentMapping.LargestBytes(TinyModel.Layout), "moments") : null);
            _streams.Add(stream);
            join.Shares = stream.Shares?.Offer;
            return stream.Call.RequestStream.WriteAsync(new MomentMessage { Join = join });
        }

        public async Task ShareAsync(int stream, MomentShare share)
        {
            await _streams[stream].JoinedAsync();
            if (_streams[stream].Shares is { } shares)
                shares.Write(share);
            else
                await _streams[stream].Call.RequestStream.WriteAsync(new MomentMessage { Share = share });
        }

        /// <summary>Something else where a share would be.</summary>
        public async Task WriteAsync(int stream, IMessage message)
        {
            await _streams[stream].JoinedAsync();
            _streams[stream].Shares!.Write(message);
        }

        public async Task SendAsync(int stream, MomentMessage message)
        {
            await _streams[stream].JoinedAsync();
            await _streams[stream].Call.RequestStream.WriteAsync(message);
        }

        public async Task<MomentTotal> TotalAsync(int stream)
        {
            await _streams[stream].JoinedAsync();
            return await _streams[stream].TotalAsync().For("a total");
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var stream in _streams)
                await stream.DisposeAsync();
        }
    }

    private protected sealed class Stream(AsyncDuplexStreamingCall<MomentMessage, MomentAnswer> call, OutgoingSlot? shares) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _cut = new();
        private IncomingSlot? _totals;
        private bool _joined;
        private Task<bool>? _end;

        public AsyncDuplexStreamingCall<MomentMessage, MomentAnswer> Call => call;

        public OutgoingSlot? Shares => shares;

        public async Task JoinedAsync()
        {
            if (_joined)
                return;
            Assert.True(await call.ResponseStream.MoveNext(default).For("the answer to a join"));
            _joined = true;
            var joined = call.ResponseStream.Current.Joined;
            if (shares is null)
            {
                Assert.Null(joined.Shares);
                return;
            }

            Assert.True(shares.IsSeenBy(joined.Shares));
            _totals = IncomingSlot.TryOpen(joined.Totals, MomentMapping.LargestBytes(TinyModel.Layout), _cut.Token, out var answer);
            await call.RequestStream.WriteAsync(new MomentMessage { Region = answer });
            _end = call.ResponseStream.MoveNext(default);
        }

        public async Task<MomentTotal> TotalAsync()
        {
            if (_totals is null)
                return await call.ResponseStream.MoveNext(default) ? call.ResponseStream.Current.Total : throw new InvalidOperationException("the leader ended the stream");
            var total = Task.Run(() => _totals.Read(MomentTotal.Parser, out _));
            if (await Task.WhenAny(total, _end!) == _end)
                await _end;
            return await total;
        }

        public async ValueTask DisposeAsync()
        {
            await _cut.CancelAsync();
            call.Dispose();
            _totals?.Dispose();
            shares?.Dispose();
            _cut.Dispose();
        }
    }
}

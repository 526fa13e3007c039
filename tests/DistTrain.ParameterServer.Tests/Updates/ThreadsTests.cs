using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Updates;

/// <summary>Sums, norms, updates and means of a partition have the same bits on any number of threads.</summary>
[Trait("Kind", "Fast")]
public sealed class ThreadsTests(ThreadsTests.Servers servers) : IClassFixture<ThreadsTests.Servers>
{
    private const int Steps = 4;

    /// <summary>Twenty buckets; the first tensor has most of them.</summary>
    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [
            new Segment("wide", SegmentKind.Weight, [71, 43], 0, new Initialization(InitializationKind.Uniform, 1)),
            new Segment("bias", SegmentKind.Bias, [71], 0, new Initialization(InitializationKind.Uniform, 1)),
            new Segment("norm.statistics", SegmentKind.Statistics, [9, 2], 0, new Initialization(InitializationKind.Statistics), PositionsPerExample: 4),
        ],
        bucketLength: 160);

    public static TheoryData<string> Jobs =>
    [
        "optimizer.name=momentum",
        "optimizer.name=momentum optimizer.clipNorm=0.5",
        "optimizer.name=adam optimizer.clipNorm=0.5",
        "optimizer.name=lars",
        "optimizer.name=lars optimizer.clipNorm=0.5",
        "optimizer.name=lamb",
        "optimizer.name=lamb optimizer.variant=nvlamb",
        "scaling.rule=adascale",
    ];

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task Any_number_of_threads_gives_the_same_bits(string settings)
    {
        var expected = await TrainAsync(servers.All[0], settings);
        foreach (var server in servers.All.Skip(1))
            SameBits.Check(expected, await TrainAsync(server, settings));
    }

    /// <summary>The version after the last step; ranks push at once, so that buckets are complete in any order.</summary>
    private static async Task<float[]> TrainAsync(RealServer server, string settings)
    {
        var job = await new TinyJob(server, ["workers=3", $"steps={Steps}", .. settings.Split(' ')]) { Layout = _layout }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < Steps; step++)
        {
            var (now, group) = (step, ranks);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(rank => Task.Run(() => PushAsync(group[rank], now)))).For("all ranks push");
            await ranks.ReceiveAsync(step + 1);
        }

        await job.StopAsync();
        await job.ReleaseAsync();
        return [.. ranks.Vector];
    }

    private static async Task PushAsync(FakeRank rank, long step)
    {
        var random = new Random((int)(100 * step) + rank.Rank);
        var gradient = new float[_layout.Length];
        foreach (var segment in _layout.Segments)
        {
            for (var i = segment.Offset; i < segment.End; i++)
                gradient[i] = (random.NextSingle() - (segment.IsBuffer ? 0 : 0.5f)) / (1 << random.Next(12));
        }

        foreach (var bucket in _layout.Buckets)
            await rank.PushAsync(step, bucket.Index, gradient: gradient);
    }

    /// <summary>Servers that differ in their threads.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        public IReadOnlyList<RealServer> All { get; } = [.. new[] { 1, 2, 3, 8 }.Select(threads => new RealServer { Threads = threads })];

        public async ValueTask InitializeAsync()
        {
            foreach (var server in All)
                await server.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in All)
                await server.DisposeAsync();
        }
    }
}

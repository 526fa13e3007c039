using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>The history keeps which examples each step took, and what each rank said of them; three steps of four examples make an epoch.</summary>
[Trait("Kind", "Fast")]
public sealed class LedgerTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const int Epoch = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Digests_stand_in_the_order_of_ranks_whoever_came_first(int count)
    {
        var job = await new TinyJob([.. servers.All.Take(count)], "workers=3", "steps=5").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 5; step++)
        {
            var order = from bucket in job.Layout.Buckets from rank in new[] { 2, 0, 1 } select (rank, bucket.Index);
            // What comes again is neither counted nor written down.
            await ranks[1].PushAsync(step, 0);
            await ranks.StepAsync(step, order);
        }

        await ranks.LeaveAsync();
        await job.StopAsync();
        var history = await HistoryAsync(job);
        Assert.Equal([1, 2, 3, 4, 5], history.Select(e => e.StepNumber));
        foreach (var (index, metrics) in history.Index())
        {
            var expected = new LedgerEntry { Generation = 1, Epoch = index / Epoch, Cursor = 4 * (index % Epoch), Take = 4 };
            expected.Digests.Add(Enumerable.Range(0, 3).Select(rank => FakeRank.Digest(index, rank)));
            Assert.Equal(expected, metrics.Ledger);
        }
    }

    /// <summary>Phases and the steps without updates are in it, and the ranks' places too where each goes at its own pace.</summary>
    [Theory]
    [InlineData("swap", Sharing.Alone, 5)]
    [InlineData("post-local", Sharing.Local, 4)]
    public async Task Ranks_on_their_own_stand_in_the_same_entry(string averaging, Sharing sharing, int take)
    {
        string[] settings = averaging == "swap"
            ? ["epochs=1", "averaging={name: swap, trainAccuracy: 0.9, batch: 5, epochs: 2}"]
            : ["epochs=3", "averaging={name: post-local, startEpoch: 1, everySteps: 6}"];
        var job = await new TinyJob([.. servers.All.Take(2)], ["workers=3", "steps=null", .. settings]).OpenAsync();
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync(head => head.Version == Epoch);
        // The last rank goes ahead by four steps, the first is behind.
        for (var step = 0; step < 4; step++)
            await ranks.Ranks[2].StepAsync();
        for (var step = 0; step < 2; step++)
            await ranks.Ranks[1].StepAsync();
        await ranks.TrainAsync();
        await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Finished), "the job is finished");
        await job.StopAsync();

        var history = await HistoryAsync(job);
        Assert.Equal(Enumerable.Range(1, Epoch + 7).Select(n => (long)n), history.Select(e => e.StepNumber));
        Assert.All(history.Index(), e => Assert.Equal(Enumerable.Range(0, 3).Select(rank => FakeRank.Digest(e.Index, rank)), e.Item.Ledger.Digests));
        Assert.All(history.Take(Epoch), e => Assert.Equal((0, Sharing.Together, 4), (e.Ledger.Phase, e.Ledger.Sharing, e.Ledger.Take)));
        Assert.All(history.Skip(Epoch).SkipLast(1).Index(), e => Assert.Equal(
            (1, sharing, 1 + (e.Index / 3), take * (e.Index % 3), Math.Min(take, 12 - (take * (e.Index % 3)))),
            (e.Item.Ledger.Phase, e.Item.Ledger.Sharing, e.Item.Ledger.Epoch, e.Item.Ledger.Cursor, e.Item.Ledger.Take)));
        var last = history[^1];
        Assert.Equal(MetricsEvent.EventOneofCase.Statistics, last.EventCase);
        Assert.Equal((2, Sharing.Together, Epoch, 0, 12), (last.Ledger.Phase, last.Ledger.Sharing, last.Ledger.Epoch, last.Ledger.Cursor, last.Ledger.Take));
    }

    [Fact]
    public async Task It_is_cut_back_with_the_history_and_tells_which_generation_went_on()
    {
        var job = await new TinyJob(servers.All[0], "steps=6", "checkpoint.everySteps=2", "dataset.normalize=feature").OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            // Statistics of the inputs first, over all twelve.
            await ranks.StepAsync(0, examples: [6, 6]);
            for (var step = 1L; step < 4; step++)
                await ranks.StepAsync(step);
            await job.SealAsync(2, 2);
        }

        await job.RestoreAsync(2);
        await using var again = await RankGroup.AttachAsync(job);
        for (var step = 2L; step < 7; step++)
            await again.StepAsync(step);
        await again.LeaveAsync();
        await job.StopAsync();
        var history = await HistoryAsync(job);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], history.Select(e => e.StepNumber));
        Assert.Equal([1, 1, 2, 2, 2, 2, 2], history.Select(e => e.Ledger.Generation));
        Assert.Equal([0, 0, 4, 8, 0, 4, 8], history.Select(e => e.Ledger.Cursor));
        Assert.NotNull(history[0].Statistics);
    }

    private static async Task<List<MetricsEvent>> HistoryAsync(TinyJob job) =>
        [.. (await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"))).Select(MetricsJson.Read).Where(e => e.Ledger is not null)];
}

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public sealed class MembershipRaceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder["cluster.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Of_threads_that_insert_at_once_exactly_one_wins()
    {
        using var fixture = new MembershipTableFixture(File);
        await fixture.Table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        var version = (await fixture.Table.ReadAllAsync()).Version;
        using var start = new ManualResetEventSlim();
        var inserts = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            using var own = new MembershipTableFixture(File);
            start.Wait();
            // Half of them the same row, half another one: the version alone lets only one through.
            return await own.Table.InsertRowAsync(MembershipEntries.Create(i % 2 == 0 ? 1 : i), version.Next());
        })).ToList();
        start.Set();
        Assert.Single(await Task.WhenAll(inserts).For("all inserts"), won => won);
        var after = await fixture.Table.ReadAllAsync();
        Assert.Single(after.Members);
        Assert.Equal(1, after.Version.Version);
    }

    [Fact]
    public async Task Threads_that_update_at_once_lose_no_version()
    {
        var writers = Enumerable.Range(0, 6).Select(_ => new MembershipTableFixture(File)).ToList();
        try
        {
            var won = await Task.WhenAll(writers.Select(w => Task.Run(() => MembershipRace.CountUpAsync(w.Table, 200)))).For("all writers");
            await MembershipRace.AssertCountedAsync(File, 200, won);
        }
        finally
        {
            writers.ForEach(w => w.Dispose());
        }
    }
}

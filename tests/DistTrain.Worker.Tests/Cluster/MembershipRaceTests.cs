using DistTrain.Worker.Tests.Fixtures;

namespace DistTrain.Worker.Tests.Cluster;

public sealed class MembershipRaceTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();

    private string File => _folder.File("cluster.db");

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
        Assert.Single(await Task.WhenAll(inserts).WaitAsync(Limit), won => won);
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
            var won = await Task.WhenAll(writers.Select(w => Task.Run(() => MembershipRace.CountUpAsync(w.Table, 200)))).WaitAsync(Limit);
            await AssertCountedAsync(200, won);
        }
        finally
        {
            writers.ForEach(w => w.Dispose());
        }
    }

    [Fact]
    public async Task Processes_that_make_the_file_and_update_at_once_lose_no_version()
    {
        const int Goal = 200;
        var children = Enumerable.Range(0, 3).Select(_ => ChildProcess.Start(MembershipRace.Role, File, Goal.ToString())).ToList();
        try
        {
            foreach (var child in children)
                Assert.Equal("ready", await child.ReadLineAsync(Limit));
            foreach (var child in children)
                await child.WriteLineAsync("go");
            var won = await Task.WhenAll(children.Select(async child => int.Parse(await child.ReadLineAsync(Limit))));
            await AssertCountedAsync(Goal, won);
        }
        finally
        {
            children.ForEach(child => child.Dispose());
        }
    }

    private async Task AssertCountedAsync(int goal, int[] won)
    {
        using var fixture = new MembershipTableFixture(File);
        var data = await fixture.Table.ReadAllAsync();
        Assert.Equal(goal, won.Sum());
        Assert.Equal(goal, data.Version.Version);
        Assert.Equal(goal, Assert.Single(data.Members).Item1.ProxyPort);
    }
}

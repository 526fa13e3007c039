using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>
/// Writers that all count up one number in one row, each step as the table's next version, as silos do that vote at once. A lost
/// update, or two winners of one version, shows as a count that is not the number of successes.
/// </summary>
internal static class MembershipRace
{
    public const string Role = "membership-race";

    /// <summary>A child's part: file and goal; waits for a line, then writes its successes.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        using var fixture = new MembershipTableFixture(arguments[0]);
        Console.WriteLine("ready");
        if (Console.ReadLine() is not null)
            Console.WriteLine(await CountUpAsync(fixture.Table, int.Parse(arguments[1])));
    }

    /// <summary>Counts until the row says <paramref name="goal"/>.</summary>
    /// <returns>How many steps were this writer's.</returns>
    public static async Task<int> CountUpAsync(SqliteMembershipTable table, int goal)
    {
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        for (var won = 0; ;)
        {
            var data = await table.ReadAllAsync();
            var next = data.Version.Next();
            bool done;
            if (data.Members is [var (entry, etag)])
            {
                if (entry.ProxyPort >= goal)
                    return won;
                entry.ProxyPort++;
                done = await table.UpdateRowAsync(entry, etag, next);
            }
            else
            {
                var first = MembershipEntries.Create(1);
                first.ProxyPort = 1;
                done = await table.InsertRowAsync(first, next);
            }

            // A heartbeat between read and write must make nobody lose.
            await table.UpdateIAmAliveAsync(new MembershipEntry { SiloAddress = MembershipEntries.Silo(1), IAmAliveTime = DateTime.UtcNow });
            if (done)
                won++;
        }
    }

    /// <summary>No version was won twice, and none was lost.</summary>
    public static async Task AssertCountedAsync(string file, int goal, int[] won)
    {
        using var fixture = new MembershipTableFixture(file);
        var data = await fixture.Table.ReadAllAsync();
        Assert.Equal(goal, won.Sum());
        Assert.Equal(goal, data.Version.Version);
        Assert.Equal(goal, Assert.Single(data.Members).Item1.ProxyPort);
    }
}

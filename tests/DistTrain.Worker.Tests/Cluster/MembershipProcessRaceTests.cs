using DistTrain.Tests.Processes;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>The race of <see cref="MembershipRaceTests"/>, between processes.</summary>
[Trait("Kind", "Process")]
public sealed class MembershipProcessRaceTests
{
    [Fact]
    public async Task Processes_that_make_the_file_and_update_at_once_lose_no_version()
    {
        const int Goal = 200;
        using var folder = new TempFolder();
        var file = folder["cluster.db"];
        var children = Enumerable.Range(0, 3).Select(_ => ChildProcess.Start(MembershipRace.Role, file, Goal.ToString())).ToList();
        try
        {
            foreach (var child in children)
                Assert.Equal("ready", await child.ReadLineAsync());
            foreach (var child in children)
                await child.WriteLineAsync("go");
            var won = await Task.WhenAll(children.Select(async child => int.Parse(await child.ReadLineAsync())));
            await MembershipRace.AssertCountedAsync(file, Goal, won);
        }
        finally
        {
            children.ForEach(child => child.Dispose());
        }
    }
}

using System.Globalization;
using DistTrain.Protocol.Regions;
using DistTrain.Tests.Processes;

namespace DistTrain.Protocol.Tests.Regions;

[Trait("Kind", "Process")]
public class RegionProcessTests
{
    [Fact]
    public async Task What_a_killed_process_shared_is_whole_while_somebody_holds_it_and_has_a_name_nowhere()
    {
        var before = Directory.GetFileSystemEntries("/dev/shm");
        using var owner = ChildProcess.Start(RegionOwner.Role);
        var offer = Region.Parser.ParseJson(await owner.ReadLineAsync());
        var region = SeenRegion.TryOpen(offer, out _)!;
        owner.Kill();
        Assert.All(region.Memory.ToArray(), value => Assert.Equal(1, value));
        Assert.Null(SeenRegion.TryOpen(offer, out var answer));
        Assert.NotEmpty(answer.Refusal);
        Assert.Equal(before, Directory.GetFileSystemEntries("/dev/shm"));
    }

    [Fact]
    public async Task Its_pages_are_there_before_anybody_writes_to_them_and_its_owner_alone_may_open_it()
    {
        using var region = SharedRegion.TryCreate(1 << 20, out _)!;
        var said = await Tool.RunAsync("stat", "--dereference", "--format", "%b %a", $"/proc/{Environment.ProcessId}/fd/{region.Offer.Handle}");
        var (blocks, mode) = (said.Split(' ')[0], said.Split(' ')[1].Trim());
        Assert.True(long.Parse(blocks, CultureInfo.InvariantCulture) * 512 >= SharedRegion.BytesOf(1 << 20), $"{blocks} blocks");
        Assert.Equal("600", mode);
    }
}

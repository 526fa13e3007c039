namespace DistTrain.EndToEnd.Tests;

/// <summary>How floats come from silos to servers and back decides no bit.</summary>
[Trait("Kind", "Process")]
public class TransportTests
{
    private const string Region = "/memfd:disttrain-region";

    [Fact]
    public async Task Shared_memory_and_messages_give_the_same_weights_and_each_is_what_was_asked_for()
    {
        using var folder = new RunFolder();
        var files = Directory.GetFileSystemEntries("/dev/shm");
        Assert.Equal(await RunAsync(folder, "auto", shares: true), await RunAsync(folder, "off", shares: false));
        Assert.Equal(files, Directory.GetFileSystemEntries("/dev/shm"));
    }

    private static async Task<string> RunAsync(RunFolder folder, string way, bool shares)
    {
        await using var train = DistTrainProcess.Start(
            [.. Training.Arguments(folder, way, silos: 1, servers: 2, Training.Short("model.name=mlp", "workers=3", "steps=300", "optimizer.clipNorm=1")), "--shared-memory", way]);
        await train.StepAsync(2);
        // Of a rank's gradient and of its servers' versions there is one mapping each.
        foreach (var process in new[] { "server", "worker" }.SelectMany(train.Children))
            Assert.Equal(shares, (await File.ReadAllTextAsync($"/proc/{process}/maps")).Contains(Region, StringComparison.Ordinal));
        var completed = await train.EventAsync(e => e.GetProperty("event").GetString() == "completed", TimeSpan.FromMinutes(2));
        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(1)));
        return completed.GetProperty("weightsSha256").GetString()!;
    }
}

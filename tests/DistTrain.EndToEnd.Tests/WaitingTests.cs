using System.Runtime.InteropServices;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Nothing is waited for without a word, and nothing that holds no cluster outlives a signal for long.</summary>
[Trait("Kind", "Process")]
public class WaitingTests
{
    private const int SigTerm = 15;

    [Fact]
    public async Task A_server_that_is_not_there_is_named_in_the_jobs_log_and_in_the_list_until_it_is()
    {
        using var folder = new RunFolder();
        var port = Ports.Free();
        var server = $"127.0.0.1:{port}";
        await using var silo = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", server);
        var endpoint = await silo.EndpointAsync();
        await File.WriteAllTextAsync(folder["job.yaml"], "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n");
        await using var watch = DistTrainProcess.Start(
            ["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", "waiting", "--watch", "--output", "json", .. Training.Set(Training.Short("model.name=softmax"))]);
        await watch.LogAsync(line => line.StartsWith($"waits for server {server} since ", StringComparison.Ordinal), 1, TimeSpan.FromSeconds(30));
        var list = await DistTrainProcess.RunAsync("list", "--endpoint", endpoint);
        Assert.Contains($"waits for server {server} since ", list.Output, StringComparison.Ordinal);

        await using var late = DistTrainProcess.Start("server", "--port", $"{port}", "--job-folder", folder["{job}"]);
        Assert.Equal(0, await watch.ExitAsync(TimeSpan.FromMinutes(1)));
        Assert.Single(watch.Log(line => line.StartsWith($"waits for server {server}", StringComparison.Ordinal)));
        Assert.Single(watch.Log(line => line.StartsWith($"no longer waits for server {server}, after ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_end_while_it_starts_ends_without_a_stack_trace()
    {
        using var folder = new RunFolder();
        await using var silo = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", "127.0.0.1:1");
        await Waiting.UntilAsync(() => silo.Error.Contains("Cluster file", StringComparison.Ordinal), "the silo to be on its way", () => silo.Error);
        silo.Signal(SigTerm);
        Assert.Equal(0, await silo.ExitAsync(Waiting.Limit));
        Assert.Contains("Asked to end", silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", silo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_reads_without_an_end_ends_with_the_first_signal()
    {
        using var folder = new RunFolder();
        var pipe = folder["job.yaml"];
        Assert.Equal(0, MakePipe(pipe, 0b110_000_000));
        await using var schedule = DistTrainProcess.Start("schedule", pipe);
        // Opens once the command has opened it to read; then nothing is written.
        await using var silent = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)).For("a reader of the pipe", () => schedule.Error);
        schedule.Signal(SigTerm);
        Assert.Equal(130, await schedule.ExitAsync(TimeSpan.FromSeconds(4)));
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int MakePipe(string path, uint mode);
}

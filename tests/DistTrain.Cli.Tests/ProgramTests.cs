using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Tests.Clusters;

namespace DistTrain.Cli.Tests;

/// <summary>The real executable: what a shell, a script and a supervisor see of it.</summary>
[Trait("Kind", "Process")]
public sealed class ProgramTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task A_job_file_with_four_mistakes_reports_all_and_starts_nothing(string output)
    {
        await File.WriteAllTextAsync(_folder["job.yaml"], """
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            metadata: {name: four-mistakes}
            spec:
              dataset: {name: digts}
              batch: -5
              optimizer: {name: momentum, momentun: 0.9}
              epochz: 3
            """);

        var run = await DistTrainProcess.RunInAsync(_folder.Path, "train", "job.yaml", "--output", output);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        foreach (var part in (string[])["dataset.name", "batch", "momentun", "epochz"])
            Assert.Contains(run.Error.Split('\n'), line => line.StartsWith("error: job.yaml:", StringComparison.Ordinal) && line.Contains(part));
        Assert.DoesNotContain("   at ", run.Error);
        Assert.Equal(["job.yaml"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        if (output == "json")
            Assert.Equal(4, Assert.IsType<InvalidEvent>(OutputJson.Read(Assert.Single(run.Lines))).Problems.Count);
        else
            Assert.Empty(run.Lines);
    }

    [Theory]
    [InlineData("watch job-1 --endpoint 127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("watch job-1 --endpoint nonsense", "nonsense")]
    [InlineData("server --host 0.0.0.0", "--insecure")]
    [InlineData("worker --host 0.0.0.0 --cluster c --servers 127.0.0.1:1", "--insecure")]
    public async Task Bad_input_is_one_error_line_and_code_2(string line, string part)
    {
        var run = await DistTrainProcess.RunInAsync(_folder.Path, line.Split(' '));
        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Empty(run.Lines);
        Assert.Contains(part, Assert.Single(run.Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("server --port")]
    [InlineData("worker --cluster c --servers 127.0.0.1:1 --port")]
    [InlineData("server --port 0 --http-port")]
    public async Task A_taken_port_is_named(string role)
    {
        using var taken = Ports.Take();
        var port = Ports.Of(taken);

        var run = await DistTrainProcess.RunInAsync(_folder.Path, [.. role.Split(' '), $"{port}"]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Empty(run.Lines);
        Assert.Contains(run.Error.Split('\n'), line => line.StartsWith($"error: port {port} of 127.0.0.1 is taken; choose another with {role.Split(' ')[^1]}", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Error);
    }

    /// <summary>Too few descriptors were "Could not load file or assembly", of whatever was loaded next.</summary>
    [Theory]
    [InlineData("server --port 0", "error: this process may have 200 files open at a time, and needs 512: raise that")]
    [InlineData("doctor", "fail  open files")]
    public async Task Too_few_descriptors_are_named(string line, string part)
    {
        var start = new System.Diagnostics.ProcessStartInfo("sh", ["-c", "ulimit -n 200; exec \"$0\" \"$@\"", DistTrainProcess.Executable, .. line.Split(' ')]);
        var run = await DistTrain.Tests.Processes.Tool.EndAsync(start);
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains((run.Output + '\n' + run.Errors).Split('\n'), text => text.StartsWith(part, StringComparison.Ordinal));
        Assert.DoesNotContain("Could not load", run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_ends_in_order_when_its_parent_is_gone()
    {
        await using var child = DistTrainProcess.StartIn(_folder.Path, "server", "--port", "0", "--exit-with-parent");
        await ListeningAsync(child);
        child.CloseInput();
        Assert.Equal(ExitCode.Done, await child.ExitAsync(Waiting.Limit));
    }

    [Fact]
    public async Task A_role_ends_in_order_on_sigterm()
    {
        await using var role = DistTrainProcess.StartIn(_folder.Path, "server", "--port", "0");
        await ListeningAsync(role);
        role.Signal(15);
        Assert.Equal(ExitCode.Done, await role.ExitAsync(Waiting.Limit));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task ListeningAsync(DistTrainProcess role)
    {
        var line = (await role.ListeningAsync()).GetRawText();
        Assert.Equal("server", Assert.IsType<ListeningEvent>(OutputJson.Read(line)).Role);
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>The real executable: what a shell, a script and a supervisor see of it.</summary>
public sealed class ExecutableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task A_job_file_with_four_mistakes_reports_all_and_starts_nothing(string output)
    {
        await File.WriteAllTextAsync(_folder.File("job.yaml"), """
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            metadata: {name: four-mistakes}
            spec:
              dataset: {name: digts}
              batch: -5
              optimizer: {name: momentum, momentun: 0.9}
              epochz: 3
            """);

        var (code, lines, error) = await RealExecutable.RunAsync(_folder.Path, "train", "job.yaml", "--output", output);

        Assert.Equal(ExitCode.BadInput, code);
        foreach (var part in (string[])["dataset.name", "batch", "momentun", "epochz"])
            Assert.Contains(error.Split('\n'), line => line.StartsWith("error: job.yaml:", StringComparison.Ordinal) && line.Contains(part));
        Assert.DoesNotContain("   at ", error);
        Assert.Equal(["job.yaml"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        if (output == "json")
            Assert.Equal(4, Assert.IsType<InvalidEvent>(OutputJson.Read(Assert.Single(lines))).Problems.Count);
        else
            Assert.Empty(lines);
    }

    [Theory]
    [InlineData("watch job-1 --endpoint 127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("watch job-1 --endpoint nonsense", "nonsense")]
    [InlineData("server --host 0.0.0.0", "--insecure")]
    [InlineData("worker --host 0.0.0.0 --cluster c --servers 127.0.0.1:1", "--insecure")]
    public async Task Bad_input_is_one_error_line_and_code_2(string line, string part)
    {
        var (code, lines, error) = await RealExecutable.RunAsync(_folder.Path, line.Split(' '));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(lines);
        Assert.Contains(part, Assert.Single(error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal)));
        Assert.DoesNotContain("   at ", error);
    }

    [Theory]
    [InlineData("server")]
    [InlineData("worker --cluster c --servers 127.0.0.1:1")]
    public async Task A_taken_port_is_named(string role)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (code, lines, error) = await RealExecutable.RunAsync(_folder.Path, [.. role.Split(' '), "--port", $"{port}"]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(lines);
        Assert.Contains(error.Split('\n'), line => line.StartsWith($"error: port {port} of 127.0.0.1 is taken", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error);
    }

    [Fact]
    public async Task A_child_ends_in_order_when_its_parent_is_gone()
    {
        using var child = RealExecutable.Start(_folder.Path, "server", "--port", "0", "--exit-with-parent");
        try
        {
            await ListeningAsync(child);
            child.StandardInput.Close();
            await child.WaitForExitAsync().For("the child's end after its parent's");
            Assert.Equal(ExitCode.Done, child.ExitCode);
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact]
    public async Task A_role_ends_in_order_on_sigterm()
    {
        using var role = RealExecutable.Start(_folder.Path, "server", "--port", "0");
        try
        {
            await ListeningAsync(role);
            using (var kill = Process.Start("kill", ["-TERM", $"{role.Id}"]))
                await kill.WaitForExitAsync().For("kill");
            await role.WaitForExitAsync().For("the role's end after SIGTERM");
            Assert.Equal(ExitCode.Done, role.ExitCode);
        }
        finally
        {
            role.Kill();
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task ListeningAsync(Process role)
    {
        var line = await role.StandardOutput.ReadLineAsync().For("the announcement");
        Assert.Equal("server", Assert.IsType<ListeningEvent>(OutputJson.Read(line ?? "")).Role);
    }
}

using System.CommandLine;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Tests.Silos;
using Grpc.Core;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Whole command lines in this process, against a front door that answers as the test says.</summary>
[Trait("Kind", "Fast")]
public class CommandLineTests
{
    [Fact]
    public async Task Every_command_has_help_with_examples()
    {
        foreach (var command in RootCommandSetup.Create().Subcommands.Select(command => command.Name).Prepend(""))
        {
            var (code, output, error) = await Contexts.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
            Assert.Equal(0, code);
            Assert.Empty(error);
            Assert.Contains(output, line => line.StartsWith($"  disttrain {command}".TrimEnd(), StringComparison.Ordinal));
            Assert.Contains("Examples:", output);
            Assert.DoesNotContain(output, line => line.Contains("exit-with-parent"));
        }
    }

    [Theory]
    [InlineData("watch job-1 --endpoint nonsense", "'nonsense' is not an endpoint")]
    [InlineData("watch job-1 --endpoint 127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("list --endpoint 127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("cancel job-1 --endpoint 127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("download job-1 --endpoint 127.0.0.1:1 --out never-made", "127.0.0.1:1")]
    [InlineData("train no-such-file.yaml", "no-such-file.yaml: there is no such job file")]
    [InlineData("server --host 0.0.0.0", "--insecure")]
    public async Task A_users_mistake_is_one_clear_line_and_code_2(string line, string part)
    {
        var (code, output, error) = await Contexts.RunAsync(line.Split(' '));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Contains(part, Assert.Single(error, l => l.StartsWith("error: ", StringComparison.Ordinal)));
        Assert.DoesNotContain(error, l => l.StartsWith("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_json_the_mistakes_are_an_event()
    {
        var (code, output, _) = await Contexts.RunAsync("list", "--endpoint", "nonsense", "--output", "json");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.StartsWith("""{"event":"invalid","problems":["'nonsense' is not an endpoint""", Assert.Single(output));
    }

    [Fact]
    public async Task A_refused_job_prints_all_its_problems()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnSubmit = _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "spec.batch: x\nspec.seed: y"));
        using var folder = new TempFolder();
        var (code, _, error) = await Contexts.RunAsync("submit", Job(folder), "--endpoint", silo.Endpoint.ToString());
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(["error: spec.batch: x", "error: spec.seed: y"], error);
    }

    [Fact]
    public async Task A_warning_does_not_keep_a_job_from_being_submitted()
    {
        await using var silo = await FakeSilo.StartAsync();
        using var folder = new TempFolder();
        var (code, output, error) = await Contexts.RunAsync(
            "submit", Job(folder), "--endpoint", silo.Endpoint.ToString(), "--set", "schedule.name=step", "--output", "json");
        Assert.Equal(ExitCode.Done, code);
        Assert.Single(output);
        Assert.Equal(
            ["warning: --set schedule.name=step: spec.schedule.every: 30 lies behind the end of the job (4 epochs) and has no effect"], error);
    }

    [Fact]
    public async Task A_submitted_job_is_named_by_the_client_so_that_it_can_be_sent_again()
    {
        await using var silo = await FakeSilo.StartAsync();
        var calls = 0;
        silo.OnSubmit = request => ++calls == 1
            ? throw new RpcException(new Status(StatusCode.Unavailable, "not yet"))
            : new SubmitResponse { JobId = request.JobId };
        using var folder = new TempFolder();

        var (code, output, _) = await Contexts.RunAsync("submit", Job(folder), "--endpoint", silo.Endpoint.ToString(), "--output", "json");

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(2, silo.Submitted.Count);
        Assert.Equal(silo.Submitted[0], silo.Submitted[1]);
        Assert.Equal($$"""{"event":"submitted","job":"{{silo.Submitted[0].JobId}}"}""", Assert.Single(output));
    }

    [Fact]
    public async Task Submit_and_watch_ends_with_the_jobs_own_code()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, events, cancel) => events.WriteAsync(Messages.State(JobState.Failed, 3, 4, "NaN in rank 1, step 3"), cancel);
        using var folder = new TempFolder();
        var (code, output, error) = await Contexts.RunAsync(
            "submit", Job(folder), "--endpoint", silo.Endpoint.ToString(), "--id", "job-1", "--watch");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal("job job-1", output[0]);
        Assert.Equal(["error: job job-1 failed: NaN in rank 1, step 3"], error);
    }

    [Fact]
    public async Task A_server_is_not_a_silo()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnList = () => throw new RpcException(new Status(StatusCode.Unimplemented, "Service is unimplemented."));
        var (code, _, error) = await Contexts.RunAsync("list", "--endpoint", silo.Endpoint.ToString());
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("parameter server", Assert.Single(error));
    }

    [Fact]
    public async Task List_shows_a_line_per_job()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnList = () => [Messages.State(JobState.Running, 3, 9).Summary, Messages.State(JobState.Failed, 1, 2, "why").Summary];

        var (_, text, _) = await Contexts.RunAsync("list", "--endpoint", silo.Endpoint.ToString());
        var (_, json, _) = await Contexts.RunAsync("list", "--endpoint", silo.Endpoint.ToString(), "--output", "json");

        Assert.Equal(3, text.Length);
        Assert.Matches("^job-1 +running +3/9 +2 +1970-01-01 00:00:00Z$", text[1]);
        Assert.EndsWith("why", text[2]);
        Assert.Equal(
            """{"event":"job","job":"job-1","name":"job","state":"running","step":3,"totalSteps":9,"workers":2,"submittedAt":"1970-01-01T00:00:00+00:00"}""",
            json[0]);
        Assert.Equal(2, json.Length);
    }

    [Fact]
    public async Task Cancel_says_how_the_job_stands()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnCancel = job => new JobSummary { JobId = job, State = JobState.Completed };
        var (code, output, _) = await Contexts.RunAsync("cancel", "job-1", "--endpoint", silo.Endpoint.ToString());
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(["job job-1 had already completed"], output);
        Assert.Equal(["job-1"], silo.Cancelled);
    }

    [Fact]
    public async Task Download_writes_the_files_and_refuses_foreign_paths()
    {
        await using var silo = await FakeSilo.StartAsync();
        using var folder = new TempFolder();
        silo.OnDownload = () => [Messages.Chunk("model.safetensors", "w"), Messages.Chunk("../../evil", "x")];
        string[] line = ["download", "job-1", "--endpoint", silo.Endpoint.ToString(), "--out", folder["models"]];

        var (code, _, error) = await Contexts.RunAsync(line);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("../../evil", Assert.Single(error));
        Assert.Equal(["model.safetensors"], Directory.GetFileSystemEntries(folder["models"]).Select(Path.GetFileName));

        silo.OnDownload = () => [Messages.Chunk("model.safetensors", "w2")];
        Assert.Equal(ExitCode.Done, (await Contexts.RunAsync(line)).Code);
        Assert.Equal("w2", File.ReadAllText(folder["models/model.safetensors"]));

        // The folder is that job's now.
        line[1] = "job-2";
        (code, _, error) = await Contexts.RunAsync(line);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("job 'job-1', not of 'job-2'", Assert.Single(error));
    }

    [Fact]
    public async Task An_unexpected_error_is_one_line_and_its_trace_only_on_request()
    {
        foreach (var verbose in (bool[])[false, true])
        {
            var context = Contexts.Of(verbose ? ["list", "--endpoint", "a:1", "--verbose"] : ["list", "--endpoint", "a:1"]);
            var action = new CommandAction(_ => throw new InvalidOperationException("something\nelse"));
            Assert.Equal(ExitCode.Failed, await CommandLine.RunAsync(action, context));
            var lines = Contexts.Lines(context.Error);
            Assert.StartsWith("error: InvalidOperationException: something else", lines[0]);
            Assert.Equal(verbose, lines.Length > 1);
        }
    }

    private static string Job(TempFolder folder)
    {
        var path = folder["job.yaml"];
        File.WriteAllText(path, "apiVersion: disttrain.dev/v1\nkind: TrainingJob\nmetadata: {name: job}\nspec: {}\n");
        return path;
    }
}

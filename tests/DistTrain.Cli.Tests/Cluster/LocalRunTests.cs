using System.Runtime.InteropServices;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Cli.Tests.Processes;
using DistTrain.Page.Data;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Tests.Silos;

namespace DistTrain.Cli.Tests.Cluster;

/// <summary>Real child processes that do nothing, and a real gRPC front door that answers as the test says.</summary>
[Trait("Kind", "Process")]
public sealed class LocalRunTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CommandContext _context = Contexts.Of("train", "--output", "json");

    [Fact]
    public async Task A_completed_job_leaves_its_model_and_ends_the_processes()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = async (_, events, cancel) =>
        {
            JobEvent timed = new() { Ranks = new RankTimings { Ranks = { new RankTiming { Silo = "a:1", Compute = 7.5, IsSlow = true }, new RankTiming { Rank = 1, Update = 0.25 } } } };
            foreach (var next in (JobEvent[])[Messages.State(JobState.Running, 0, 1), Messages.Step(1), timed, Messages.State(JobState.Completed, 1, 1)])
                await events.WriteAsync(next, cancel);
        };
        silo.OnDownload = () => [Messages.Chunk("model.safetensors", "we"), Messages.Chunk("model.safetensors", "ights")];

        var ended = await RunAsync(ScriptedChild.Polite(silo.Endpoint.ToString()));

        Assert.Equal(Client.JobState.Completed, ended.State);
        Assert.Equal("job-1", Assert.Single(silo.Submitted).JobId);
        Assert.Equal("weights", File.ReadAllText(_folder["model.safetensors"]));
        Assert.Contains("worker ends", File.ReadAllText(_folder["cluster/silo-0.log"]));
        Assert.Equal(
            ["submitted", "state", "step", "state"],
            Contexts.Lines(_context.Output).Select(line => line.Split('"')[3]));
        Assert.Equal([new RankRow(0, "a:1", 7.5, 0, 0, 0, 0, true), new RankRow(1, null, 0, 0, 0, 0.25, 0, false)], RanksFile.Read(_folder.Path));
    }

    [Fact]
    public async Task A_model_that_cannot_be_fetched_at_once_is_asked_for_again()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, events, cancel) => events.WriteAsync(Messages.State(JobState.Completed, 1, 1), cancel);
        var asked = 0;
        silo.OnDownload = () => ++asked < 3
            ? throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "starting"))
            : [Messages.Chunk("model.safetensors", "weights")];

        var ended = await RunAsync(ScriptedChild.Polite(silo.Endpoint.ToString()));

        Assert.Equal(Client.JobState.Completed, ended.State);
        Assert.Equal("weights", File.ReadAllText(_folder["model.safetensors"]));
    }

    [Fact]
    public async Task The_first_ctrl_c_cancels_the_job_and_ends_the_processes()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = async (_, events, cancel) =>
        {
            await events.WriteAsync(Messages.State(JobState.Running, 0, 100), cancel);
            _context.Interruption.Receive(PosixSignal.SIGINT);
            await Task.Delay(Timeout.Infinite, cancel);
        };

        var ended = await RunAsync(ScriptedChild.Polite(silo.Endpoint.ToString()));

        Assert.Equal(Client.JobState.Cancelled, ended.State);
        Assert.Equal(["job-1"], silo.Cancelled);
        Assert.Contains("server ends", File.ReadAllText(_folder["cluster/server-0.log"]));
    }

    [Fact]
    public async Task The_second_ctrl_c_does_not_wait_for_processes_that_hang()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = async (_, events, cancel) =>
        {
            await events.WriteAsync(Messages.State(JobState.Running, 0, 100), cancel);
            _context.Interruption.Receive(PosixSignal.SIGINT);
            await Task.Delay(Timeout.Infinite, cancel);
        };
        silo.OnCancel = job =>
        {
            Assert.True(_context.Interruption.Receive(PosixSignal.SIGINT));
            return new JobSummary { JobId = job };
        };

        var ended = await RunAsync(ScriptedChild.Of(ScriptedChild.Announce(silo.Endpoint.ToString()) + "exec sleep 1000"));

        Assert.Equal(Client.JobState.Cancelled, ended.State);
    }

    [Fact]
    public async Task A_process_that_dies_each_time_it_is_started_fails_the_run_and_is_named()
    {
        await using var silo = await FakeSilo.StartAsync();
        var die = _folder["die"];
        silo.OnWatch = async (_, events, cancel) =>
        {
            await events.WriteAsync(Messages.State(JobState.Running, 0, 100), cancel);
            File.WriteAllText(die, "");
            await Task.Delay(Timeout.Infinite, cancel);
        };
        var script = ScriptedChild.Announce(silo.Endpoint.ToString())
            + $"if [ $1 = worker ]; then while [ ! -e {die} ]; do sleep 0.05; done; echo bad tensor >&2; exit 134; fi; cat > /dev/null";

        var ended = await RunAsync(ScriptedChild.Of(script));

        Assert.Equal(Client.JobState.Failed, ended.State);
        Assert.Contains("silo-0", ended.Error);
        Assert.Contains("exit code 134", ended.Error);
        Assert.Contains("| bad tensor", _context.Error.ToString());
        Assert.Contains("starting it again", _context.Error.ToString());
    }

    [Fact]
    public async Task A_refused_job_ends_the_processes_too()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnSubmit = _ => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.InvalidArgument, "a\nb"));

        var e = await Assert.ThrowsAsync<Client.DistTrainException>(() => RunAsync(ScriptedChild.Polite(silo.Endpoint.ToString())));

        Assert.Equal(ExitCode.BadInput, ClusterRefusal.Explain(e)!.ExitCode);
        Assert.Equal(["a", "b"], e.Problems);
        Assert.Contains("worker ends", File.ReadAllText(_folder["cluster/silo-0.log"]));
    }

    public void Dispose()
    {
        _context.Interruption.Dispose();
        _folder.Dispose();
    }

    private async Task<Client.JobSummary> RunAsync(SelfExecutable executable)
    {
        _context.Interruption.HandlesForce = true;
        var folder = RunFolder.Create(_folder.Path);
        await using var cluster = new LocalCluster(new ClusterPlan(folder.FullPath, 1, 1, Determinisms.Host), executable, TimeProvider.System, exit => _context.Error.WriteLine(exit.Restart));
        var job = JobFileInput.Read(null, [], TextWriter.Null);
        return await new LocalRun(_context, folder, cluster, new JsonDisplay(_context.Output))
            .RunAsync("job-1", job)
            .For("the end of the run", () => _context.Output.ToString() + _context.Error);
    }
}

using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Cli.Tests.Jobs;

[Trait("Kind", "Fast")]
public class JobFollowerTests
{
    [Fact]
    public async Task Gives_the_events_up_to_the_end()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, events, _) => WriteAsync(
            events, Events.State(JobState.Running, 0, 2), Events.Step(1), Events.Step(2), Events.Evaluation(2), Events.State(JobState.Completed, 2, 2));

        Assert.Equal(["Running", "step 1", "step 2", "evaluation 2", "Completed"], await FollowAsync([silo.Endpoint]));
        Assert.Equal([0], silo.WatchedFrom);
    }

    [Fact]
    public async Task After_a_lost_connection_goes_on_from_the_next_step_and_shows_nothing_twice()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = async (attempt, events, _) =>
        {
            switch (attempt)
            {
                case 1:
                    await WriteAsync(
                        events, Events.State(JobState.Running, 0, 4), Events.Log("start", 5), Events.Step(1), Events.Evaluation(1), Events.Step(2));
                    throw new RpcException(new Status(StatusCode.Unavailable, "going down"));
                case 2:
                    // The cluster fell back to step 1 and does step 2 again; its log and evaluation are told again.
                    await WriteAsync(
                        events, Events.State(JobState.Running, 2, 4), Events.Log("start", 5), Events.Evaluation(1), Events.Step(2), Events.Step(3));
                    return; // a stream that ends early is a lost one
                default:
                    await WriteAsync(events, Events.State(JobState.Running, 3, 4), Events.Step(4), Events.State(JobState.Completed, 4, 4));
                    return;
            }
        };

        Assert.Equal(
            ["Running", "log start", "step 1", "evaluation 1", "step 2", "step 3", "step 4", "Completed"], await FollowAsync([silo.Endpoint]));
        Assert.Equal([0, 3, 4], silo.WatchedFrom);
    }

    [Fact]
    public async Task Goes_on_at_another_silo()
    {
        await using var second = await FakeSilo.StartAsync();
        second.OnWatch = (_, events, _) => WriteAsync(events, Events.State(JobState.Completed, 1, 1));
        Endpoint gone;
        await using (var first = await FakeSilo.StartAsync())
            gone = first.Endpoint;

        Assert.Equal(["Completed"], await FollowAsync([gone, second.Endpoint], attached: true));
    }

    [Fact]
    public async Task A_cluster_that_was_never_there_is_bad_input()
    {
        Endpoint gone;
        await using (var silo = await FakeSilo.StartAsync())
            gone = silo.Endpoint;

        var e = await Assert.ThrowsAsync<CommandException>(() => FollowAsync([gone]));

        Assert.Equal(ExitCode.BadInput, e.ExitCode);
        Assert.Contains(gone.ToString(), Assert.Single(e.Problems));
    }

    [Fact]
    public async Task An_unknown_job_is_bad_input_at_once()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, _, _) => throw new RpcException(new Status(StatusCode.NotFound, "there is no job job-1"));

        var e = await Assert.ThrowsAsync<CommandException>(() => FollowAsync([silo.Endpoint], attached: true));

        Assert.Equal(ExitCode.BadInput, e.ExitCode);
        Assert.Equal(["there is no job job-1"], e.Problems);
        Assert.Single(silo.WatchedFrom);
    }

    [Fact]
    public async Task Gives_up_when_patience_ends()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, _, _) => throw new RpcException(new Status(StatusCode.Internal, "no grain"));

        var e = await Assert.ThrowsAsync<CommandException>(() => FollowAsync([silo.Endpoint], attached: true, patience: TimeSpan.Zero));

        Assert.Equal(ExitCode.Failed, e.ExitCode);
        Assert.Contains("no grain", e.Message);
    }

    private static async Task WriteAsync(IServerStreamWriter<JobEvent> stream, params JobEvent[] events)
    {
        foreach (var next in events)
            await stream.WriteAsync(next);
    }

    private static async Task<List<string>> FollowAsync(Endpoint[] silos, bool attached = false, TimeSpan? patience = null)
    {
        using var follower = new JobFollower([.. silos.Select(silo => new FrontDoor(silo))], TimeProvider.System)
        {
            Attached = attached,
            Patience = patience ?? TimeSpan.FromMinutes(2),
        };
        var seen = new List<string>();
        await CollectAsync().For("the end of the job", () => string.Join(", ", seen));
        return seen;

        async Task CollectAsync()
        {
            await foreach (var next in follower.FollowAsync("job-1", 0, CancellationToken.None))
                seen.Add(Word(next));
        }
    }

    private static string Word(JobEvent next) => next.EventCase switch
    {
        JobEvent.EventOneofCase.Summary => next.Summary.State.ToString(),
        JobEvent.EventOneofCase.Step => $"step {next.Step.Step}",
        JobEvent.EventOneofCase.Evaluation => $"evaluation {next.Evaluation.Step}",
        _ => $"log {next.Log.Text}",
    };
}

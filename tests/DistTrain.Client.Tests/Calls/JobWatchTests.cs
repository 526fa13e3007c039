using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Client.Tests.Calls;

[Trait("Kind", "Fast")]
public class JobWatchTests
{
    [Fact]
    public async Task Gives_the_events_up_to_the_end()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, events, _) => WriteAsync(
            events, Messages.State(Protocol.JobState.Running, 0, 2), Messages.Step(1), Messages.Step(2), Messages.Evaluation(2), Messages.State(Protocol.JobState.Completed, 2, 2));

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
                        events, Messages.State(Protocol.JobState.Running, 0, 4), Messages.Log("start", 5), Messages.Step(1), Messages.Evaluation(1), Messages.Step(2));
                    throw new RpcException(new Status(StatusCode.Unavailable, "going down"));
                case 2:
                    // The cluster fell back to step 1 and does step 2 again; its log and evaluation are told again.
                    await WriteAsync(
                        events, Messages.State(Protocol.JobState.Running, 2, 4), Messages.Log("start", 5), Messages.Evaluation(1), Messages.Step(2), Messages.Step(3));
                    return; // a stream that ends early is a lost one
                default:
                    await WriteAsync(events, Messages.State(Protocol.JobState.Running, 3, 4), Messages.Step(4), Messages.State(Protocol.JobState.Completed, 4, 4));
                    return;
            }
        };

        List<string> said = [];
        Assert.Equal(
            ["Running", "log start", "step 1", "evaluation 1", "step 2", "step 3", "step 4", "Completed"], await FollowAsync([silo.Endpoint], said: said));
        Assert.Equal(
            [
                $"no word of job job-1 from {silo.Endpoint} (Unavailable: going down)", "word again",
                $"no word of job job-1 from {silo.Endpoint} (the answer ended early)", "word again",
            ],
            said);
        Assert.Equal([0, 3, 4], silo.WatchedFrom);
    }

    [Fact]
    public async Task Goes_on_at_another_silo()
    {
        await using var second = await FakeSilo.StartAsync();
        second.OnWatch = (_, events, _) => WriteAsync(events, Messages.State(Protocol.JobState.Completed, 1, 1));
        Endpoint gone;
        await using (var first = await FakeSilo.StartAsync())
            gone = first.Endpoint;

        Assert.Equal(["Completed"], await FollowAsync([gone, second.Endpoint], isKnown: true));
    }

    [Fact]
    public async Task A_cluster_that_was_never_there_ends_it()
    {
        Endpoint gone;
        await using (var silo = await FakeSilo.StartAsync())
            gone = silo.Endpoint;

        var e = await Assert.ThrowsAsync<DistTrainException>(() => FollowAsync([gone]));

        Assert.Equal(ClusterFailure.Unreachable, e.Failure);
        Assert.Contains(gone.ToString(), Assert.Single(e.Problems));
    }

    [Fact]
    public async Task An_unknown_job_ends_it_at_once()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, _, _) => throw new RpcException(new Status(StatusCode.NotFound, "there is no job job-1"));

        var e = await Assert.ThrowsAsync<DistTrainException>(() => FollowAsync([silo.Endpoint], isKnown: true));

        Assert.Equal(ClusterFailure.NotFound, e.Failure);
        Assert.Equal(["there is no job job-1"], e.Problems);
        Assert.Single(silo.WatchedFrom);
    }

    [Fact]
    public async Task Gives_up_when_patience_ends()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnWatch = (_, _, _) => throw new RpcException(new Status(StatusCode.Internal, "no grain"));

        var e = await Assert.ThrowsAsync<DistTrainException>(() => FollowAsync([silo.Endpoint], isKnown: true, patience: TimeSpan.Zero));

        Assert.Equal(ClusterFailure.NoAnswer, e.Failure);
        Assert.Contains("no grain", e.Message);
    }

    private static async Task WriteAsync(IServerStreamWriter<Protocol.JobEvent> stream, params Protocol.JobEvent[] events)
    {
        foreach (var next in events)
            await stream.WriteAsync(next);
    }

    private static async Task<List<string>> FollowAsync(Endpoint[] silos, bool isKnown = false, TimeSpan? patience = null, List<string>? said = null)
    {
        using var client = new DistTrainClient([.. silos.Select(silo => new Uri($"http://{silo}"))]);
        var watch = new WatchOptions
        {
            IsKnown = isKnown,
            Patience = patience ?? TimeSpan.FromMinutes(2),
            Reconnecting = failure => said?.Add(failure.Message),
            Reconnected = () => said?.Add("word again"),
        };
        var seen = new List<string>();
        await CollectAsync().For("the end of the job", () => string.Join(", ", seen));
        return seen;

        async Task CollectAsync()
        {
            await foreach (var next in client.WatchAsync("job-1", watch))
                seen.Add(Word(next));
        }
    }

    private static string Word(JobEvent next) => next switch
    {
        JobSummary summary => summary.State.ToString(),
        StepMetrics step => $"step {step.Step}",
        EvaluationMetrics evaluation => $"evaluation {evaluation.Step}",
        LogLine log => $"log {log.Text}",
        _ => "?",
    };
}

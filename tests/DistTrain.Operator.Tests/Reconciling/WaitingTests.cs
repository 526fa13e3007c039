using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;

namespace DistTrain.Operator.Tests.Reconciling;

/// <summary>What a job waits for, and what happened to it, is told where people look.</summary>
[Trait("Kind", "Fast")]
public class WaitingTests
{
    private const string Waits = "waits for server server-1.server.disttrain.svc:6000 since 12:00:05 UTC: Connection refused";

    [Fact]
    public async Task A_job_that_waits_for_a_server_says_for_which()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("patient");
        job.Become(JobState.Running, waits: Waits);
        var waiting = await rig.Objects.UntilAsync("patient", o => o.State() == "Waiting", "waiting");
        Assert.Equal("False Waiting", waiting.Condition("Progressing"));
        Assert.Equal($"the job {Waits}", waiting.Message("Progressing"));
        Assert.Equal("True Submitted", waiting.Condition("Accepted"));
        job.Become(JobState.Running);
        var goesOn = await rig.Objects.UntilAsync("patient", o => o.State() == "Running", "running again");
        Assert.Equal("True Running", goesOn.Condition("Progressing"));
    }

    [Fact]
    public async Task What_happens_to_a_job_is_an_event_once()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("eventful");
        job.Say("820 parameters in 1 buckets", LogKind.Note);
        job.Say(Waits, LogKind.Waits);
        job.Say("no longer waits for server server-1.server.disttrain.svc:6000, after 9 s", LogKind.WaitOver);
        job.Say("generation 2 goes on from step 50; 3 step(s) are done again", LogKind.Restored);
        job.Say("rank 1 goes on at silo b; a is gone", LogKind.Moved);
        job.Say("checkpoints/step-50: a part is missing", LogKind.Fault);
        await ToldAsync(rig, "Fault");
        // Each watch begins with the whole log, that of another operator too.
        job.Break();
        await rig.StopOperatorAsync();
        await rig.StartOperatorAsync();
        job.Say("rank 1 moves to silo a", LogKind.Moved);
        await Waiting.UntilAsync(() => rig.Objects.Events.Count(e => e.Contains(" Moved: ", StringComparison.Ordinal)) == 2, "the second move", () => string.Join('\n', rig.Objects.Events));
        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await ToldAsync(rig, "Completed");
        Assert.Equal(
            [
                "Normal Submitted", "Normal Running", "Warning Waiting", "Normal WaitOver", "Warning Restored", "Normal Moved", "Warning Fault", "Normal Moved", "Normal Completed",
            ],
            rig.Objects.Events.Select(e => e["eventful ".Length..e.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Contains($"eventful Warning Waiting: {Waits}", rig.Objects.Events);
    }

    [Fact]
    public async Task What_ends_badly_is_a_warning_and_an_API_server_that_takes_no_events_stops_nothing()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Named("wrong", "{worker: 8}"));
        await ToldAsync(rig, "InvalidSpec");
        (await rig.RunningAsync("broken")).Become(JobState.Failed, error: "the loss is not finite");
        await ToldAsync(rig, "JobFailed");
        Assert.Contains("broken Warning JobFailed: the loss is not finite", rig.Objects.Events);

        rig.Api.Intercept = (resource, _) => resource == "events" ? (500, "no room") : null;
        (await rig.RunningAsync("untold")).Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("untold", o => o.State() == "Completed", "completed");
    }

    private static Task ToldAsync(OperatorRig rig, string reason) => Waiting.UntilAsync(
        () => rig.Objects.Events.Any(e => e.Contains($" {reason}: ", StringComparison.Ordinal)), $"the event {reason}", () => string.Join('\n', rig.Objects.Events));
}

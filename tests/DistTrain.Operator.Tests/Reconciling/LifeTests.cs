using System.Text.Json.Nodes;
using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Operator.Tests.Reconciling;

/// <summary>What becomes of an object whose job goes its way.</summary>
[Trait("Kind", "Fast")]
public class LifeTests
{
    [Fact]
    public async Task An_object_becomes_a_job_and_tells_how_it_goes_until_it_is_done()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Named("first"));
        var queued = await rig.Objects.UntilAsync("first", o => o.State() == "Queued" && o.Condition("Progressing") is not null, "queued");
        Assert.Equal([ResourceNames.Finalizer], queued["metadata"]!["finalizers"]!.AsArray().Select(f => (string?)f));
        Assert.Equal("True Submitted", queued.Condition("Accepted"));
        Assert.Equal("True Submitted", queued.Condition("SpecInForce"));
        Assert.Equal("True Queued", queued.Condition("Progressing"));
        var submitted = Assert.Single(rig.Cluster.Submitted);
        Assert.Equal(queued.JobId(), submitted.JobId);
        Assert.True(JobId.IsValid(submitted.JobId));
        var sent = JobFile.Read(submitted.JobFile, "sent", []).Job!;
        Assert.Equal(("first", 30L, 64), (sent.Name, sent.Spec.Steps, sent.Spec.BatchPlan.Examples));

        var job = rig.Cluster[submitted.JobId];
        job.Become(JobState.Running, totalSteps: 30);
        job.Step(1, 2.302585092994046);
        job.Evaluate(1, 0.125);
        var running = await rig.Objects.UntilAsync("first", o => (double?)o.Status("accuracy") == 0.125, "step 1 and its evaluation");
        Assert.Equal(("Running", 1L, 30L, 2.302585092994046), (running.State(), (long)running.Status("step")!, (long)running.Status("totalSteps")!, (double)running.Status("loss")!));
        Assert.Equal(("1/30", "2.303", "12.5%"), (Shown(running, "progress"), Shown(running, "loss"), Shown(running, "accuracy")));
        Assert.Equal("True Running", running.Condition("Progressing"));
        var start = (string?)running.Status("startTime");
        Assert.NotNull(start);
        Assert.Null(running.Status("completionTime"));
        // JSON has no such number; what was known stays.
        job.Step(2, double.NaN);
        Assert.Equal(2.302585092994046, (double)(await rig.Objects.UntilAsync("first", o => (long?)o.Status("step") == 2, "step 2")).Status("loss")!);

        job.Become(JobState.Completed, result: new JobResult { Steps = 30, TrainLoss = 0.5, TestAccuracy = 0.75, WeightsSha256 = new string('a', 64) });
        var done = await rig.Objects.UntilAsync("first", o => o.State() == "Completed" && o["metadata"]!["finalizers"] is JsonArray { Count: 0 }, "completed, and let go");
        Assert.Equal((new string('a', 64), 0.5, 0.75), ((string?)done.Status("weightsSha256"), (double)done.Status("loss")!, (double)done.Status("accuracy")!));
        Assert.Equal("True Completed", done.Condition("Completed"));
        Assert.Equal("False Completed", done.Condition("Progressing"));
        Assert.Null(done.Condition("Failed"));
        Assert.Equal(start, (string?)done.Status("startTime"));
        Assert.NotNull(done.Status("completionTime"));
        Assert.Equal(1, (long)done.Status("observedGeneration")!);
        Assert.Equal(["Waiting", "Queued", "Running", "Completed"], rig.Objects.History("first").Select(o => o.State()).OfType<string>().Distinct());

        // Nobody has to be asked for it to go.
        rig.Objects.Delete("first");
        await rig.Objects.GoneAsync("first");
        Assert.Empty(rig.Cluster.Cancelled);

        static string? Shown(JsonObject resource, string number) => (string?)resource.Status("display")![number];
    }

    [Fact]
    public async Task A_job_that_fails_says_why()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("broken");
        job.Become(JobState.Failed, error: "rank 1, step 7: the loss is not finite");
        var failed = await rig.Objects.UntilAsync("broken", o => o.State() == "Failed", "failed");
        Assert.Equal("True JobFailed", failed.Condition("Failed"));
        Assert.Equal("rank 1, step 7: the loss is not finite", failed.Message("Failed"));
        Assert.Null(failed.Condition("Completed"));
    }

    [Fact]
    public async Task A_job_that_somebody_else_cancels_says_so()
    {
        await using var rig = await OperatorRig.StartAsync();
        (await rig.RunningAsync("stopped")).Become(JobState.Cancelled);
        Assert.Equal("True Cancelled", (await rig.Objects.UntilAsync("stopped", o => o.State() == "Cancelled", "cancelled")).Condition("Failed"));
    }

    [Fact]
    public async Task An_object_that_is_deleted_goes_when_its_job_is_cancelled()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("unwanted");
        await rig.Cluster.CloseAsync();
        rig.Objects.Delete("unwanted");
        var waits = await rig.Objects.UntilAsync(
            "unwanted", o => o.Condition("Progressing") == "Unknown ClusterUnavailable" && o.Message("Progressing").StartsWith("the object goes once its job is cancelled", StringComparison.Ordinal), "waits for its job");
        Assert.NotNull(waits["metadata"]!["deletionTimestamp"]);
        await rig.Cluster.OpenAsync();
        await rig.Objects.GoneAsync("unwanted");
        Assert.Equal(JobState.Cancelled, job.Summary.State);
        Assert.Equal(job.Summary.JobId, Assert.Single(rig.Cluster.Cancelled.Distinct()));
    }

    [Fact]
    public async Task An_object_whose_finalizer_somebody_took_away_takes_its_job_along()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("torn");
        rig.Objects.Delete("torn");
        // Either the operator has cancelled it by then, or it finds the object gone.
        if (rig.Objects.Find("torn") is not null)
            rig.Objects.Edit("torn", o => o["metadata"]!["finalizers"] = new JsonArray());
        await rig.Objects.GoneAsync("torn");
        await Waiting.UntilAsync(() => job.Summary.State == JobState.Cancelled, "the job's end", () => rig.Objects.Log);
    }

    [Fact]
    public async Task An_object_that_is_made_anew_is_another_job()
    {
        await using var rig = await OperatorRig.StartAsync();
        var before = await rig.RunningAsync("again");
        rig.Objects.Delete("again");
        await rig.Objects.GoneAsync("again");
        var after = await rig.RunningAsync("again");
        Assert.NotEqual(before.Summary.JobId, after.Summary.JobId);
        Assert.Equal((JobState.Cancelled, JobState.Running), (before.Summary.State, after.Summary.State));
    }

    [Fact]
    public async Task Numbers_alone_are_written_now_and_then_and_states_at_once()
    {
        await using var rig = await OperatorRig.StartAsync(TimeSpan.FromHours(1));
        var job = await rig.RunningAsync("quiet");
        for (var step = 1; step <= 200; step++)
            job.Step(step, 1.0 / step);
        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("quiet", o => o.State() == "Completed", "completed");
        Assert.DoesNotContain(rig.Objects.History("quiet"), o => (long?)o.Status("step") is > 0 && o.State() == "Running");
        // None; before the submission; queued, in one or two; running; completed.
        Assert.InRange(rig.Objects.History("quiet").Select(o => o["status"]?.ToJsonString()).Distinct().Count(), 5, 6);
    }

    [Fact]
    public async Task A_job_that_the_cluster_has_lost_goes_on_from_what_its_servers_have()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("lost");
        job.Step(7, 1);
        await rig.Objects.UntilAsync("lost", o => (long?)o.Status("step") == 7, "step 7");
        rig.Cluster.Forget();
        await Waiting.UntilAsync(() => rig.Cluster.Jobs.Count == 1, "the job to be taken up", () => rig.Objects.Log);
        var resumed = Assert.Single(rig.Cluster.Resumed);
        Assert.Equal((job.Summary.JobId, job.JobFile), (resumed.JobId, rig.Cluster[resumed.JobId].JobFile));
        Assert.Single(rig.Cluster.Submitted);
        rig.Cluster[resumed.JobId].Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        Assert.Equal("ab", (string?)(await rig.Objects.UntilAsync("lost", o => o.State() == "Completed", "completed")).Status("weightsSha256"));
    }

    [Fact]
    public async Task A_job_of_which_nothing_is_left_begins_anew_and_one_whose_spec_is_another_by_now_is_lost()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("lost");
        var changed = await rig.RunningAsync("changed");
        rig.Objects.Edit("changed", o => o["spec"]!["seed"] = 17);
        await rig.Objects.UntilAsync("changed", o => o.Condition("SpecInForce") == "False SpecChanged", "changed");
        rig.Cluster.Forget(isSaved: false);
        await Waiting.UntilAsync(() => rig.Cluster.Submitted.Count(s => s.JobId == job.Summary.JobId) == 2, "another submission", () => rig.Objects.Log);
        Assert.All(rig.Cluster.Submitted.Where(s => s.JobId == job.Summary.JobId), s => Assert.Equal(job.JobFile, s.JobFile));
        var lost = await rig.Objects.UntilAsync("changed", o => o.State() == "Failed", "failed");
        Assert.Equal(("True JobLost", $"there is no job '{changed.Summary.JobId}'"), (lost.Condition("Failed"), lost.Message("Failed")));
        Assert.Single(rig.Cluster.Submitted, s => s.JobId == changed.Summary.JobId);
        rig.Cluster[job.Summary.JobId].Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("lost", o => o.State() == "Completed", "completed");
    }
}

using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.Operator.Tests.Reconciling;

/// <summary>Jobs that are stopped and go on, and objects that go by themselves.</summary>
[Trait("Kind", "Fast")]
public class SuspensionTests
{
    [Fact]
    public async Task A_suspended_job_is_stopped_and_goes_on_as_the_same_job()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("paused");
        job.Step(7, 1);
        await rig.Objects.UntilAsync("paused", o => (long?)o.Status("step") == 7, "step 7");
        rig.Objects.Edit("paused", o => o.Set("suspend", true));
        var suspended = await rig.Objects.UntilAsync("paused", o => o.State() == "Suspended", "suspended");
        Assert.Equal(JobState.Cancelled, job.Summary.State);
        Assert.Equal(("True Suspended", "False Suspended", null), (suspended.Condition("Suspended"), suspended.Condition("Progressing"), suspended.Condition("Failed")));
        Assert.Contains("stopped at step 7", suspended.Message("Suspended"), StringComparison.Ordinal);
        Assert.Null(suspended.Status("completionTime"));
        // The key is the object's: the job's spec is what it was.
        Assert.Equal("True Submitted", suspended.Condition("SpecInForce"));

        // Another operator knows it from the object alone.
        await rig.StopOperatorAsync();
        await rig.StartOperatorAsync();
        rig.Objects.Edit("paused", o => o.Set("suspend", false));
        await rig.Objects.UntilAsync("paused", o => o.State() == "Queued", "queued again");
        Assert.Equal(suspended.JobId(), Assert.Single(rig.Cluster.Resumed).JobId);
        job.Become(JobState.Running);
        var goesOn = await rig.Objects.UntilAsync("paused", o => o.State() == "Running", "running again");
        Assert.Equal(("False Resumed", "True Running"), (goesOn.Condition("Suspended"), goesOn.Condition("Progressing")));
        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        Assert.Equal("True Completed", (await rig.Objects.UntilAsync("paused", o => o.State() == "Completed", "completed")).Condition("Completed"));
        Assert.Single(rig.Cluster.Submitted);
    }

    [Fact]
    public async Task An_object_that_begins_suspended_is_submitted_when_it_may()
    {
        await using var rig = await OperatorRig.StartAsync();
        var written = Written.Named("later");
        written.Set("suspend", true);
        rig.Objects.Create(written);
        Assert.Equal("True NotSubmitted", (await rig.Objects.UntilAsync("later", o => o.State() == "Suspended", "suspended")).Condition("Suspended"));
        Assert.Empty(rig.Cluster.Submitted);
        rig.Objects.Edit("later", o => o.Set("suspend", false));
        await rig.Objects.UntilAsync("later", o => o.State() == "Queued", "queued");
        Assert.DoesNotContain("suspend", Assert.Single(rig.Cluster.Submitted).JobFile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_ends_before_it_is_stopped_has_ended()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("quick");
        // Nobody cancels it before it is done.
        await rig.Cluster.CloseAsync();
        rig.Objects.Edit("quick", o => o.Set("suspend", true));
        await rig.Objects.UntilAsync("quick", o => o.Condition("Progressing") == "Unknown ClusterUnavailable", "the cluster to be missed");
        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Cluster.OpenAsync();
        var done = await rig.Objects.UntilAsync("quick", o => o.State() == "Completed", "completed");
        Assert.Null(done.Condition("Suspended"));
    }

    [Fact]
    public async Task A_suspended_object_that_can_not_go_on_says_why_and_one_that_is_deleted_goes()
    {
        await using var rig = await OperatorRig.StartAsync();
        await rig.RunningAsync("stuck");
        rig.Objects.Edit("stuck", o => o.Set("suspend", true));
        await rig.Objects.UntilAsync("stuck", o => o.State() == "Suspended", "suspended");
        rig.Cluster.Refuses = () => new Status(StatusCode.ResourceExhausted, "2 unfinished jobs of yours would be more than the limit of 1");
        rig.Objects.Edit("stuck", o => o.Set("suspend", false));
        var refused = await rig.Objects.UntilAsync("stuck", o => o.Condition("Progressing") == "Unknown LimitExceeded", "refused");
        Assert.Contains("limit of 1", refused.Message("Progressing"), StringComparison.Ordinal);
        Assert.Equal("Suspended", refused.State());
        rig.Objects.Delete("stuck");
        await rig.Objects.GoneAsync("stuck");
    }

    [Fact]
    public async Task An_object_whose_time_is_over_is_deleted_and_its_namesake_is_not()
    {
        await using var rig = await OperatorRig.StartAsync();
        var brief = await rig.RunningAsync("brief", ttl: 1);
        var lasting = await rig.RunningAsync("lasting", ttl: int.MaxValue);
        brief.Become(JobState.Failed, error: "the loss is not finite");
        lasting.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("lasting", o => o.State() == "Completed", "completed");
        await rig.Objects.GoneAsync("brief");
        Assert.Contains(rig.Objects.History("brief"), o => o.State() == "Failed");
        Assert.NotNull(rig.Objects.Find("lasting"));
        // A job that has ended is not cancelled with its object.
        Assert.Empty(rig.Cluster.Cancelled);
    }
}

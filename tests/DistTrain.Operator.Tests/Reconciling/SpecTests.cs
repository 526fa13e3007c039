using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.Operator.Tests.Reconciling;

/// <summary>What the operator has against a spec, and what becomes of it.</summary>
[Trait("Kind", "Fast")]
public class SpecTests
{
    [Fact]
    public async Task All_mistakes_are_told_at_once_and_a_corrected_spec_is_taken_up()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Named("wrong", "{worker: 8, batch: many, epochs: 2, steps: 5, optimizer: {name: momentum, beta1: 0.5}, model: {name: custom, layers: [flatten, {linaer: 10}]}}"));
        var invalid = await rig.Objects.UntilAsync("wrong", o => o.State() == "Invalid", "invalid");
        Assert.Equal("False InvalidSpec", invalid.Condition("Accepted"));
        var problems = invalid.Message("Accepted").Split('\n');
        Assert.Equal(5, problems.Length);
        Has("spec.worker: 'worker' is not a key of spec; ", "(did you mean 'workers'?)");
        Has("spec.batch: 'many' is quoted and so text; give a whole number", "");
        Has("spec.steps: epochs and steps both say how long the job is; keep one", "");
        Has("spec.optimizer.beta1: 'beta1' is not an option of momentum; ", "");
        Has("spec.model.layers[1]: 'linaer' is not a layer; ", "(did you mean 'linear'?)");
        Assert.Null(invalid.JobId());
        Assert.Empty(rig.Cluster.Submitted);

        rig.Objects.Edit("wrong", o => o["spec"] = Written.Named("wrong")["spec"]!.DeepClone());
        var right = await rig.Objects.UntilAsync("wrong", o => o.State() == "Queued", "queued");
        Assert.Equal("True Submitted", right.Condition("Accepted"));
        Assert.Equal(2, (long)right.Status("observedGeneration")!);

        void Has(string begin, string end) =>
            Assert.Contains(problems, p => p.StartsWith(begin, StringComparison.Ordinal) && p.EndsWith(end, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_object_with_mistakes_goes_without_the_cluster()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Named("wrong", "{worker: 8}"));
        await rig.Objects.UntilAsync("wrong", o => o.State() == "Invalid", "invalid");
        await rig.Cluster.CloseAsync();
        rig.Objects.Delete("wrong");
        await rig.Objects.GoneAsync("wrong");
    }

    [Fact]
    public async Task The_spec_of_a_job_that_was_submitted_can_not_change()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("fixed");
        rig.Objects.Edit("fixed", o => o["spec"]!["seed"] = 17);
        var changed = await rig.Objects.UntilAsync("fixed", o => (long?)o.Status("observedGeneration") == 2, "generation 2");
        Assert.Equal("False SpecChanged", changed.Condition("SpecInForce"));
        Assert.Contains("create another object", changed.Message("SpecInForce"), StringComparison.Ordinal);
        Assert.Equal(("True Submitted", "Running"), (changed.Condition("Accepted"), changed.State()));

        // The job is followed all the same.
        job.Step(3, 1);
        await rig.Objects.UntilAsync("fixed", o => (long?)o.Status("step") == 3, "step 3");
        // What is a mistake is another spec too.
        rig.Objects.Edit("fixed", o => o["spec"]!["sed"] = 17);
        Assert.Equal("False SpecChanged", (await rig.Objects.UntilAsync("fixed", o => (long?)o.Status("observedGeneration") == 3, "generation 3")).Condition("SpecInForce"));
        // The same in other words is the same.
        rig.Objects.Edit("fixed", o => (o["spec"] = Written.Named("fixed")["spec"]!.DeepClone()).AsObject()["seed"] = 1);
        await rig.Objects.UntilAsync("fixed", o => o.Condition("SpecInForce") == "True Submitted", "the spec in force again");

        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("fixed", o => o.State() == "Completed", "completed");
        rig.Objects.Edit("fixed", o => o["spec"]!["seed"] = 18);
        var done = await rig.Objects.UntilAsync("fixed", o => o.Condition("SpecInForce") == "False SpecChanged", "changed after its end");
        Assert.Equal("Completed", done.State());
        Assert.Single(rig.Cluster.Submitted);
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, "2 unfinished jobs of yours would be more than the limit of 1", "False LimitExceeded", "Refused")]
    [InlineData(StatusCode.PermissionDenied, "alice has the role submitter, which may not call this", "False NotAllowed", "Refused")]
    [InlineData(StatusCode.InvalidArgument, "Folder /data/mnist lacks train-images", "False RefusedByCluster", "Refused")]
    [InlineData(StatusCode.Unavailable, "the silo leaves", "Unknown ClusterUnavailable", "Waiting")]
    public async Task What_the_cluster_does_not_take_says_why_and_is_taken_once_it_can_be(StatusCode code, string reason, string condition, string state)
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Cluster.Refuses = () => new Status(code, reason);
        rig.Objects.Create(Written.Named("patient"));
        var refused = await rig.Objects.UntilAsync("patient", o => o.Condition("Accepted") == condition, condition);
        Assert.Contains(reason, refused.Message("Accepted"), StringComparison.Ordinal);
        Assert.Equal(state, refused.State());
        rig.Cluster.Refuses = () => null;
        await rig.Objects.UntilAsync("patient", o => o.Condition("Accepted") == "True Submitted", "taken");
        Assert.Single(rig.Cluster.Jobs);
    }

    [Fact]
    public async Task A_job_of_an_earlier_spec_that_was_submitted_unnoticed_is_followed()
    {
        await using var rig = await OperatorRig.StartAsync();
        // The answer to the first submission is lost, the job is not.
        var isFirst = true;
        rig.Cluster.Refuses = () => null;
        rig.Api.Intercept = (resource, verb) =>
            resource == "trainingjobs/status" && verb == "patch" && rig.Cluster.Submitted.IsEmpty is false && isFirst ? (503, "away for a moment") : null;
        rig.Objects.Create(Written.Named("raced"));
        await Waiting.UntilAsync(() => !rig.Cluster.Submitted.IsEmpty, "the submission", () => rig.Objects.Log);
        await rig.StopOperatorAsync();
        rig.Objects.Edit("raced", o => o["spec"]!["seed"] = 17);
        isFirst = false;
        await rig.StartOperatorAsync();
        var followed = await rig.Objects.UntilAsync("raced", o => o.Condition("SpecInForce") is not null, "followed");
        Assert.Equal(("True Submitted", "False SpecChanged"), (followed.Condition("Accepted"), followed.Condition("SpecInForce")));
        Assert.Single(rig.Cluster.Jobs);
    }
}

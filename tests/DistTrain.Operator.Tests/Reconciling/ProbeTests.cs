using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Recipes.Files;
using Grpc.Core;

namespace DistTrain.Operator.Tests.Reconciling;

/// <summary>What becomes of an object of the other kind: a probe, and of what it looks at.</summary>
[Trait("Kind", "Fast")]
public class ProbeTests
{
    private static readonly ResourceKind Kind = ResourceKind.LandscapeProbe;

    private static readonly Diagnosis Found = new()
    {
        Verdict = "saddle",
        Reason = "a saddle: curvature from -2 to 2, both beyond ±0.0002; the way out is along the first",
        Loss = 0.5,
        Accuracy = 0.75,
        GradientNorm = 0.0001234567,
        LambdaMax = 2,
        LambdaMin = -2,
        Positive = 0.000072,
        Negative = 0.00002,
        Trace = 12.5,
        Sha256 = new string('c', 64),
    };

    [Fact]
    public async Task A_probe_tells_of_its_products_and_ends_with_its_verdict()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Probe("look"));
        // Objects of both kinds may have one name.
        rig.Objects.Create(Written.Named("look"));
        var queued = await rig.Objects.UntilAsync("look", o => o.State() == "Queued", "queued", Kind);
        var other = await rig.Objects.UntilAsync("look", o => o.State() == "Queued", "queued");
        Assert.NotEqual(queued.JobId(), other.JobId());
        Assert.Equal([ResourceNames.Finalizer], queued["metadata"]!["finalizers"]!.AsArray().Select(f => (string?)f));
        var sent = rig.Cluster.Submitted.Single(s => s.JobId == queued.JobId());
        var probe = ProbeFile.Read(sent.JobFile, "sent", []).Probe!;
        Assert.Equal(("look", "first-97e1c45d8cd0", 200, 10), (probe.Name, probe.Recipe.Weights.Job, probe.Recipe.Examples, probe.Recipe.Steps));

        var job = rig.Cluster[sent.JobId];
        job.Become(JobState.Running, totalSteps: 11);
        job.Step(new StepMetrics { Step = 1, Loss = 0.5 });
        job.Step(new StepMetrics { Step = 2, Loss = 0.5, LambdaMax = 1.25, LambdaMin = 0.123456 });
        var running = await rig.Objects.UntilAsync("look", o => (long?)o.Status("step") == 2, "step 2", Kind);
        Assert.Equal((1.25, 0.123456, null), ((double)running.Status("lambdaMax")!, (double)running.Status("lambdaMin")!, running.Status("verdict")));
        Assert.Equal(("2/11", "1.25", "0.1235"), (Shown(running, "progress"), Shown(running, "lambdaMax"), Shown(running, "lambdaMin")));

        job.Become(JobState.Completed, result: new JobResult { Steps = 11, WeightsSha256 = new string('a', 64), Diagnosis = Found });
        var done = await rig.Objects.UntilAsync("look", o => o.State() == "Completed", "completed", Kind);
        Assert.Equal(("True Completed", Found.Reason), (done.Condition("Completed"), done.Message("Completed")));
        Assert.Equal(
            ("saddle", 2.0, -2.0, 0.0001234567, 0.5, 0.75, 0.000072, 0.00002, 12.5),
            ((string?)done.Status("verdict"), Number(done, "lambdaMax"), Number(done, "lambdaMin"), Number(done, "gradientNorm"), Number(done, "loss"), Number(done, "accuracy"),
                Number(done, "positive"), Number(done, "negative"), Number(done, "trace")));
        Assert.Equal((new string('a', 64), new string('c', 64)), ((string?)done.Status("weightsSha256"), (string?)done.Status("findingsSha256")));
        Assert.Equal(("0.0001235", "0.0072%"), (Shown(done, "gradientNorm"), Shown(done, "positive")));
        // Events follow what they tell of.
        await Waiting.UntilAsync(() => rig.Objects.Events.Contains($"look Normal Completed: {Found.Reason}"), "the event", () => string.Join('\n', rig.Objects.Events));
        // What a job that trains says of itself is not said of a probe, and the other way round.
        Assert.Null(other.Status("verdict"));

        static string? Shown(System.Text.Json.Nodes.JsonObject resource, string number) => (string?)resource.Status("display")![number];

        static double Number(System.Text.Json.Nodes.JsonObject resource, string figure) => (double)resource.Status(figure)!;
    }

    [Fact]
    public async Task All_mistakes_of_a_probe_are_told_at_once()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Probe("wrong", "{weights: {step: 3}, exampels: 5, top: 50}"));
        var invalid = await rig.Objects.UntilAsync("wrong", o => o.State() == "Invalid", "invalid", Kind);
        Assert.Equal(
            [
                "spec.exampels: 'exampels' is not a key of spec; ",
                "spec.top: '50' so many eigenvalues need as many products; give at least steps: 50",
                "spec.weights.step: is of a job; leave it out, or name the job",
                "spec.weights: is missing; write 'weights: {job: ID}', or {path: FOLDER}",
            ],
            invalid.Message("Accepted").Split('\n').Select(problem => problem.Split("it has")[0].Split("use one of")[0]).Order(StringComparer.Ordinal));
        Assert.Empty(rig.Cluster.Submitted);
        rig.Objects.Create(Written.Probe("twice", "{weights: {trainingJob: first, job: first-97e1c45d8cd0}}"));
        rig.Objects.Create(Written.Named("first"));
        var twice = await rig.Objects.UntilAsync("twice", o => o.State() == "Invalid", "invalid", Kind);
        Assert.Equal("spec.weights.trainingJob: job or path says already which weights are looked at; keep one of them", twice.Message("Accepted"));
    }

    [Fact]
    public async Task A_probe_of_a_TrainingJob_object_waits_until_there_is_one_and_stays_with_its_job()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Objects.Create(Written.Probe("early", "{weights: {trainingJob: net}}"));
        var waiting = await rig.Objects.UntilAsync("early", o => o.Condition("Accepted") == "False NoTrainingJob", "waiting", Kind);
        Assert.Equal("there is no TrainingJob 'net' in this namespace", waiting.Message("Accepted"));
        Assert.Empty(rig.Cluster.Submitted);

        var net = await rig.RunningAsync("net");
        var queued = await rig.Objects.UntilAsync("early", o => o.State() == "Queued", "queued", Kind);
        var probe = ProbeFile.Read(rig.Cluster[queued.JobId()!].JobFile, "sent", []).Probe!;
        Assert.Equal((net.Summary.JobId, net.Summary.JobId), (probe.Recipe.Weights.Job, (string?)queued.Status("weightsJob")));

        // The name is another job's by now: the probe's spec is what it was submitted with.
        rig.Objects.Delete("net");
        await rig.Objects.GoneAsync("net");
        await rig.RunningAsync("net");
        await rig.StopOperatorAsync();
        await rig.StartOperatorAsync();
        rig.Cluster[queued.JobId()!].Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab", Diagnosis = Found });
        var done = await rig.Objects.UntilAsync("early", o => o.State() == "Completed", "completed", Kind);
        Assert.Equal(("True Submitted", net.Summary.JobId), (done.Condition("SpecInForce"), (string?)done.Status("weightsJob")));
        Assert.Single(rig.Cluster.Submitted, s => s.JobId == queued.JobId());
    }

    [Fact]
    public async Task A_probe_that_is_refused_is_asked_for_again_and_one_that_is_deleted_is_cancelled()
    {
        await using var rig = await OperatorRig.StartAsync();
        rig.Cluster.Refuses = () => new Status(StatusCode.InvalidArgument, "spec.weights.job: job 'first-97e1c45d8cd0' has no checkpoint that all servers have");
        rig.Objects.Create(Written.Probe("patient"));
        var refused = await rig.Objects.UntilAsync("patient", o => o.Condition("Accepted") == "False RefusedByCluster", "refused", Kind);
        Assert.Contains("has no checkpoint", refused.Message("Accepted"), StringComparison.Ordinal);
        rig.Cluster.Refuses = () => null;
        await rig.Objects.UntilAsync("patient", o => o.State() == "Queued", "queued", Kind);
        rig.Objects.Edit("patient", o => o.Set("suspend", true), Kind);
        var suspended = await rig.Objects.UntilAsync("patient", o => o.State() == "Suspended", "suspended", Kind);
        rig.Objects.Edit("patient", o => o.Set("suspend", false), Kind);
        await rig.Objects.UntilAsync("patient", o => o.State() == "Queued", "queued again", Kind);
        rig.Objects.Delete("patient", Kind);
        await rig.Objects.GoneAsync("patient", kind: Kind);
        Assert.Equal(JobState.Cancelled, rig.Cluster[suspended.JobId()!].Summary.State);
    }
}

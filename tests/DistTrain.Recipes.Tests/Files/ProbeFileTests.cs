using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Files;

/// <summary>The other kind of job file.</summary>
[Trait("Kind", "Fast")]
public class ProbeFileTests
{
    private const string Head = "apiVersion: disttrain.dev/v1\nkind: LandscapeProbe\nspec:\n";

    [Fact]
    public void A_probe_says_at_least_which_weights_it_looks_at()
    {
        var (probe, problems) = ProbeFile.Read(Head + "  weights: {job: mnist}\n", "probe.yaml", ["top=3", "precision=float64"]);
        Assert.Empty(problems);
        Assert.Equal(("probe", new ProbedWeights("mnist", null, null), 3), (probe!.Name, probe.Recipe.Weights, probe.Recipe.Top));
        Assert.Equal((2, 40, 5, null), (probe.Recipe.Width, probe.Recipe.Steps, probe.Recipe.Directions, probe.Recipe.Examples));
        Assert.Equal((1000, 300), (probe.Recipe.Of(60_000), probe.Recipe.Of(300)));
        Assert.Null(probe.Job);
        // It is read from its own text, which leaves out what the cluster fills in.
        Assert.Equal(probe.Recipe, ProbeFile.Read(probe.Write(), "again", []).Probe!.Recipe);
    }

    [Theory]
    [InlineData("  weights: {}", "spec.weights: is missing")]
    [InlineData("  weights: {job: mnist, path: /runs/mnist}", "spec.weights.path: the job says already")]
    [InlineData("  weights: {path: /runs/mnist, step: 3}", "spec.weights.step: is of a job")]
    [InlineData("  weights: {job: Mnist}", "spec.weights.job: 'Mnist' is not a job id")]
    [InlineData("  weights: {job: mnist}\n  top: 5\n  steps: 4", "spec.top: '5' so many eigenvalues need as many products")]
    [InlineData("  weights: {job: mnist}\n  precission: float64", "spec.precission: 'precission' is not a key of spec")]
    [InlineData("  weights: {job: mnist}\n  curvatureTolerance: 0", "spec.curvatureTolerance: '0' is not allowed")]
    [InlineData("  weights: {job: mnist}\n  sharpness: -0.1", "spec.sharpness: '-0.1' is not allowed")]
    [InlineData("  weights: {job: mnist}\n  sharpness: 0.001\n  passes: 3", "spec.passes: '3' is not allowed")]
    public void Mistakes_are_named(string spec, string expected)
    {
        var (probe, problems) = ProbeFile.Read(Head + spec + "\n", "probe.yaml", []);
        Assert.Null(probe);
        Assert.StartsWith(expected, Assert.Single(problems).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_say_its_version_is_refused() => Assert.Equal(
        "apiVersion: is missing; write 'apiVersion: disttrain.dev/v1'",
        Assert.Single(ProbeFile.Read("kind: LandscapeProbe\nspec: {weights: {job: mnist}}\n", "probe.yaml", []).Problems).Text);

    [Fact]
    public void All_mistakes_are_named_at_once() =>
        Assert.Equal(4, ProbeFile.Read(Head + "  data: all\n  seed: -1\n  directions: many\n", "probe.yaml", []).Problems.Count);

    [Fact]
    public void As_a_job_of_the_cluster_it_keeps_of_the_job_that_it_looks_at_what_decides_a_gradient()
    {
        var looked = JobFile.Read(null, "job", ["model.norm=batch", "workers=5", "microBatch=7", "averaging.name=swap", "seed=3", "optimizer.name=lamb", "probe.everySteps=5"]).Job!.Spec;
        var (probe, _) = ProbeFile.Read(Head + "  weights: {job: mnist}\n  steps: 12\n", "probe.yaml", []);
        var job = probe!.Of(looked, new ProbedWeights("mnist", 40, null));
        Assert.Equal((looked.Model.Norm, 5, 7, 3, looked.Dataset), (job.Spec.Model.Norm, job.Spec.Workers, job.Spec.MicroBatch, job.Spec.Seed, job.Spec.Dataset));
        Assert.Equal(("none", 1, 40), (job.Spec.Averaging.Name, job.Spec.Checkpoint.EverySteps, job.Spec.Probe!.Weights.Step));
        Assert.Equal(0, job.Spec.UpdateProbe.EverySteps);

        // Every process reads it from its text, and finds the same.
        var again = JobFile.Read(JobFile.Write(job), "again", []);
        Assert.Empty(again.Problems);
        Assert.Equal(job.Spec.Probe, again.Job!.Spec.Probe);
        Assert.Equal(JobFile.Write(job), JobFile.Write(again.Job));
        Assert.Empty(JobFile.Differences(job, again.Job));
        Assert.Equal("spec.steps", Assert.Single(JobFile.Differences(job, job with { Spec = job.Spec with { Probe = job.Spec.Probe with { Steps = 13 } } })).Path);
        Assert.Equal("spec.job.workers", Assert.Single(JobFile.Differences(job, job with { Spec = job.Spec with { Workers = 6 } })).Path);
    }

    [Fact]
    public void Without_the_job_that_it_looks_at_no_process_takes_it_for_a_job() =>
        Assert.Equal("spec.job", Assert.Single(JobFile.Read(Head + "  weights: {job: mnist}\n", "probe.yaml", []).Problems).Path);
}

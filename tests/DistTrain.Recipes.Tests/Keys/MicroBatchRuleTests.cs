using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class MicroBatchRuleTests
{
    [Fact]
    public void A_job_may_leave_it_open_and_the_canonical_file_says_so()
    {
        var job = JobText.Job(null, "microBatch=auto", "workers=4", "batch=64");
        Assert.Equal((MicroBatches.Open, 16), (job.Spec.MicroBatch, job.Spec.LargestMicroBatch));
        var text = JobFile.Write(job);
        Assert.Contains("\n  microBatch: auto\n", text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
        // As it comes from a resource of Kubernetes.
        Assert.Equal(MicroBatches.Open, JobText.Job(JobText.WithSpec("  microBatch: \"auto\"")).Spec.MicroBatch);
    }

    /// <summary>Submitted again, resumed and verified, a job that leaves it open is the one that was answered; one that says another number is not.</summary>
    [Theory]
    [InlineData("microBatch=auto", null)]
    [InlineData("microBatch=32", null)]
    [InlineData("microBatch=64", "spec.microBatch: 32 before, 64 now")]
    public void What_was_answered_stays(string again, string? difference)
    {
        var answered = JobText.Job(null, "microBatch=32", "device=cuda");
        var now = JobText.Job(null, again, "device=auto");
        Assert.Equal(difference is null ? [] : [difference], JobFile.Differences(answered, now).Select(d => $"{d}"));
        Assert.Equal("cuda", now.AnsweredLike(answered).Spec.Device);
    }

    [Theory]
    [InlineData("0", "'0' is not allowed; give a whole number from 1 to 1048576, or auto")]
    [InlineData("1048577", "'1048577' is not allowed; give a whole number from 1 to 1048576, or auto")]
    [InlineData("automatic", "'automatic' is not a whole number; give a whole number from 1 to 1048576, or auto")]
    public void Each_mistake_is_named(string value, string problem) =>
        Assert.Equal($"job.yaml:4: spec.microBatch: {problem}", Assert.Single(JobText.Problems(JobText.WithSpec($"  microBatch: {value}"))));
}

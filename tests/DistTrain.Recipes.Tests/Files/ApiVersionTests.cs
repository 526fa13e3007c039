using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Files;

/// <summary>A job file says its version by <c>apiVersion</c>.</summary>
[Trait("Kind", "Fast")]
public sealed class ApiVersionTests
{
    [Fact]
    public void What_is_written_says_it() =>
        Assert.StartsWith("apiVersion: disttrain.dev/v1\n", JobFile.Write(JobText.Job(null)), StringComparison.Ordinal);

    [Fact]
    public void Another_version_is_refused_with_file_version_and_what_is_read() =>
        Assert.Contains(
            JobText.Problems("apiVersion: disttrain.dev/v2\nkind: TrainingJob\n"),
            problem => problem.StartsWith(
                "job.yaml:1: apiVersion: 'disttrain.dev/v2' is not a version that this program reads; use one of disttrain.dev/v1", StringComparison.Ordinal));
}

using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>"$OUT" of a variable that is not set is an empty argument: it was an ArgumentException of whoever made a path of it.</summary>
[Trait("Kind", "Fast")]
public sealed class EmptyValuesTests
{
    [Theory]
    [InlineData("--out", "train", "--out", "")]
    [InlineData("--out", "train", "--out", " ")]
    [InlineData("'job.yaml'", "train", "")]
    [InlineData("--set", "train", "--set", "")]
    [InlineData("'run'", "resume", "")]
    [InlineData("'run'", "verify", "")]
    [InlineData("'checkpoint'", "eval", "")]
    [InlineData("'study'", "study", "")]
    [InlineData("--out", "study", "norm", "--out", "")]
    [InlineData("--out", "chaos", "--out", "")]
    [InlineData("--plot", "schedule", "--plot", "")]
    [InlineData("--out", "certs", "--out", "")]
    [InlineData("--out", "download", "job-1", "--endpoint", "127.0.0.1:1", "--out", "")]
    [InlineData("--certs", "list", "--endpoint", "127.0.0.1:1", "--certs", "")]
    [InlineData("--token-file", "list", "--endpoint", "127.0.0.1:1", "--token-file", "")]
    [InlineData("--job-folder", "server", "--job-folder", "")]
    [InlineData("--access", "server", "--access", "")]
    [InlineData("--cluster", "worker", "--cluster", "", "--servers", "127.0.0.1:1")]
    [InlineData("--data-root", "worker", "--cluster", "c", "--servers", "127.0.0.1:1", "--data-root", "")]
    [InlineData("--kubeconfig", "operator", "--endpoint", "127.0.0.1:1", "--kubeconfig", "")]
    public async Task Each_is_named(string name, params string[] line)
    {
        var (code, output, error) = await Contexts.RunAsync(line);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.StartsWith($"error: {name} is empty; give ", Assert.Single(error, l => l.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_are_named_beside_other_mistakes()
    {
        var (code, _, error) = await Contexts.RunAsync("train", "", "--out", "", "--silos", "0");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(3, error.Count(line => line.StartsWith("error: ", StringComparison.Ordinal)));
    }
}

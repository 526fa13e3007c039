using DistTrain.Deployment.Tests.Processes;

namespace DistTrain.Deployment.Tests.Compose;

/// <summary><c>deploy/compose.yaml</c> is sound, and the checks that say so find mistakes.</summary>
[Trait("Kind", "Process")]
public class ComposeTests
{
    [Fact]
    public async Task It_is_sound()
    {
        var file = ComposeFile.Parse(ShippedCompose.Text);
        Assert.Empty(ComposeCheck.Problems(file, await RoleOptions.ReadAsync()));
        Assert.Equal(["redis", "server-0", "server-1", "worker"], file.Services.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(file.Services["redis"].Entrypoint, e => e.Contains("appendonly yes", StringComparison.Ordinal) && e.Contains("requirepass", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("read_only: true", "read_only: false", "redis: it has more rights")]
    [InlineData("  init: true\n", "", "server-0: it is process 1")]
    [InlineData("user: \"1654:1654\"", "user: \"0:0\"", "worker: it runs as root")]
    [InlineData("- --memory-limit=2GiB", "- --memory=2GiB", "'disttrain server' has no option --memory")]
    [InlineData("--advertise=", "--advertised=", "'disttrain worker' has no option --advertised")]
    [InlineData("server-0:6000,server-1:6000", "server-0:6000", "worker: --servers is")]
    [InlineData("127.0.0.1::5000", "127.0.0.1::5001", "is not its --port")]
    [InlineData("127.0.0.1::5000", "5000", "is open to other machines")]
    [InlineData("/dev/tcp/127.0.0.1/8080", "/dev/tcp/127.0.0.1/8081", "it is not asked at its --http-port")]
    [InlineData("- jobs-1:/jobs", "- jobs-2:/jobs", "there is no volume jobs-2")]
    [InlineData("- jobs-1:/jobs", "- jobs-1:/job", "--job-folder is /jobs")]
    [InlineData("tmpfs: [\"/tmp:size=256m\"]", "tmpfs: []", "worker: it has no /tmp")]
    [InlineData("redis://redis:6379", "redis://store:6379", "there is no redis://store:6379")]
    [InlineData("redis-password}:/run/secrets/redis/password:ro", "redis-password}:/run/secrets/redis/password", "it may write to")]
    [InlineData("redis:7.4}", "redis}", "may be another one tomorrow")]
    public async Task A_mistake_is_found(string right, string wrong, string problem) =>
        Assert.Contains(ComposeCheck.Problems(ComposeFile.Parse(ShippedCompose.Broken(right, wrong)), await RoleOptions.ReadAsync()), p => p.Contains(problem, StringComparison.Ordinal));
}

namespace DistTrain.EndToEnd.Tests;

/// <summary>A cluster of many machines keeps its membership and its jobs in Redis. Here all machines are this one.</summary>
[Trait("Kind", "Process")]
public class RedisTests(StandingClusters clusters)
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string[] _settings = ["model.name=mlp", "workers=4", "batch=64", "dataset.trainExamples=1000", "dataset.testExamples=100", "checkpoint.everySteps=20"];

    [Fact]
    public async Task A_job_goes_on_without_Redis_and_after_the_loss_of_Redis_and_of_every_silo()
    {
        using var folder = new RunFolder();
        await using var redis = await RedisServer.StartAsync(folder);
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 2, redis: redis);
        await using var ending = cluster;
        var watch = await cluster.SubmitAsync(silos[0], "redis", _settings);
        await watch.StepAsync(30);

        // Nobody needs it to train, though nothing can be sealed.
        await redis.KillAsync();
        await watch.StepAsync(watch.Steps().Count + 50);
        await redis.StartAsync();

        // What the silos knew is gone with them; the record brings the job to those that come.
        foreach (var silo in silos)
            silo.Process.Signal(SigKill);
        foreach (var silo in silos)
            await silo.Process.ExitAsync(Patience);
        var again = await cluster.JoinAgainAsync(silos[0]);
        await cluster.JoinAsync(1);
        await watch.GoesOnAsync();

        await clusters.CheckAsync(folder, cluster, again, "redis", watch, _settings);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_leave_while_Redis_is_away_ends()
    {
        using var folder = new RunFolder();
        await using var redis = await RedisServer.StartAsync(folder);
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 1, redis: redis);
        await using var ending = cluster;
        await redis.KillAsync();
        silos[0].Process.Signal(SigTerm);
        Assert.Equal(0, await silos[0].Process.ExitAsync(Patience));
    }

    [Fact]
    public async Task A_silo_that_is_there_before_its_Redis_waits_and_says_so_and_without_it_takes_no_job()
    {
        using var folder = new RunFolder();
        await using var redis = await RedisServer.StartAsync(folder);
        await redis.KillAsync();
        await using var silo = DistTrainProcess.Start(
            "worker", "--servers", "127.0.0.1:1", "--cluster", redis.Address, "--redis-password-file", redis.PasswordFile, "--log", "json");
        await Waiting.UntilAsync(() => silo.Error.Contains($"waits for Redis at {Named(redis)} since", StringComparison.Ordinal), "the silo to say what it waits for", () => silo.Error, Patience);
        await redis.StartAsync();
        var endpoint = await silo.EndpointAsync();
        Assert.Contains($"no longer waits for Redis at {Named(redis)}", silo.Error, StringComparison.Ordinal);
        Assert.All(silo.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith("{", line, StringComparison.Ordinal));
        Assert.DoesNotContain("multiplexer", silo.Error, StringComparison.Ordinal);

        await redis.KillAsync();
        await File.WriteAllTextAsync(folder["job.yaml"], StandingCluster.EmptyJob);
        var refused = await DistTrainProcess.RunAsync("submit", folder["job.yaml"], "--endpoint", endpoint);
        Assert.Equal(1, refused.ExitCode);
        Assert.EndsWith(
            $"Redis at {Named(redis)} can't be reached, and no job is taken or changed that can't be recorded there; the same call succeeds once it is back",
            refused.Error.TrimEnd().Split('\n')[^1],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_says_what_is_wrong_with_its_Redis()
    {
        using var folder = new RunFolder();
        await using var redis = await RedisServer.StartAsync(folder);
        await File.WriteAllTextAsync(folder["wrong"], "wrong");
        var wrongPassword = await DistTrainProcess.RunAsync("worker", "--servers", "127.0.0.1:1", "--cluster", redis.Address, "--redis-password-file", folder["wrong"]);
        var noFile = await DistTrainProcess.RunAsync("worker", "--servers", "127.0.0.1:1", "--cluster", redis.Address, "--redis-password-file", folder["none"]);
        await redis.KillAsync();
        var away = await DistTrainProcess.RunAsync("worker", "--servers", "127.0.0.1:1", "--cluster", redis.Address, "--redis-password-file", redis.PasswordFile, "--start-wait", "0");
        Says(1, wrongPassword, $"Redis at {Named(redis)} ", "password");
        Says(2, noFile, "the password file of Redis can't be read", folder["none"]);
        Says(1, away, $"Redis at {Named(redis)} can't be reached: nothing answers there");
        Assert.DoesNotContain(await File.ReadAllTextAsync(redis.PasswordFile), wrongPassword.Error + noFile.Error + away.Error, StringComparison.Ordinal);

        static void Says(int code, Finished silo, params string[] parts)
        {
            Assert.Equal(code, silo.ExitCode);
            Assert.All(parts, part => Assert.Contains(part, silo.Error, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain("   at ", silo.Error, StringComparison.Ordinal);
        }
    }

    private static string Named(RedisServer redis) => redis.Address["redis://".Length..];
}

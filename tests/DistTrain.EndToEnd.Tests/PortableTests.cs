namespace DistTrain.EndToEnd.Tests;

/// <summary>
/// Processes of a portable cluster are started with every cap, whoever starts them, and take no other jobs. That the caps give equal bits with and without
/// AVX-512 can't be seen on one processor.
/// </summary>
[Trait("Kind", "Process")]
public class PortableTests
{
    private static readonly string[] _caps =
    [
        "MKL_CBWR=AVX2", "MKL_ENABLE_INSTRUCTIONS=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1",
        "DOTNET_EnableAVX512=0", "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512CD,-AVX512DQ",
    ];

    [Fact]
    public async Task Train_starts_its_processes_as_the_job_says()
    {
        using var folder = new RunFolder();
        await using var run = DistTrainProcess.Start(Training.Arguments(
            folder, "run", silos: 2, servers: 1, Training.Short("determinism=portable", "model.name=softmax", "steps=100000", "evaluation.everyEpochs=0")));
        await run.EventAsync(e => e.GetProperty("event").GetString() == "step", TimeSpan.FromMinutes(1));
        Assert.Empty(_caps.Except(run.EnvironmentOfChild("server", 0)));
        Assert.Empty(_caps.Except(run.EnvironmentOfChild("worker", 0)));
        Assert.Empty(_caps.Except(run.EnvironmentOfChild("worker", 1)));
        run.Signal(2);
        Assert.Equal(130, await run.ExitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Roles_started_by_hand_cap_themselves_refuse_a_job_for_the_host_and_end_one_of_their_own_among_roles_of_the_host()
    {
        using var folder = new RunFolder();
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"], "--determinism", "portable");
        await using var silo = DistTrainProcess.StartWith(
            new Dictionary<string, string> { ["MKL_CBWR"] = "COMPATIBLE" },
            "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync(), "--determinism", "portable");
        var endpoint = await silo.EndpointAsync();
        Assert.Contains("MKL_CBWR=AVX2 (instead of 'COMPATIBLE')", silo.Error, StringComparison.Ordinal);
        Assert.Empty(_caps.Except(server.Environment()));
        Assert.Empty(_caps.Except(silo.Environment()));

        var refused = await SubmitAsync(folder, endpoint, "of-the-host", "host");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the job asks for host, and this silo was started with --determinism portable", refused.Error, StringComparison.Ordinal);
        var taken = await SubmitAsync(folder, endpoint, "portable", "portable");
        Assert.Equal(64, taken.WeightsSha256.Length);

        // One of the host comes: its job fails, by the rank that came to live there, or by the job's grain if that did.
        await using var host = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync());
        await host.EndpointAsync();
        var failed = await SubmitAsync(folder, endpoint, "among-others", "portable");
        Assert.Equal(1, failed.ExitCode);
        Assert.Matches("on a silo that computes with 'host |this silo was started with --determinism host", failed.Output);
        foreach (var process in new[] { host, silo, server })
        {
            process.Signal(15);
            Assert.Equal(0, await process.ExitAsync(TimeSpan.FromSeconds(20)));
        }
    }

    [Fact]
    public async Task A_server_of_the_host_ends_a_portable_job_with_the_difference_named()
    {
        using var folder = new RunFolder();
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"]);
        await using var silo = DistTrainProcess.Start(
            "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync(), "--determinism", "portable");
        var failed = await SubmitAsync(folder, await silo.EndpointAsync(), "portable", "portable");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("asks for determinism: portable, and this server was started with --determinism host", failed.Output, StringComparison.Ordinal);
    }

    private static async Task<Finished> SubmitAsync(RunFolder folder, string endpoint, string id, string determinism)
    {
        var job = folder[$"{id}.yaml"];
        await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
        var settings = Training.Set(Training.Short("model.name=softmax", $"determinism={determinism}"));
        return await DistTrainProcess.RunAsync(["submit", job, "--endpoint", endpoint, "--output", "json", "--id", id, "--watch", .. settings]);
    }
}

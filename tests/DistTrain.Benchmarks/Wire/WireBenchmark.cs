using System.Globalization;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Benchmarks.Sides;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Models;

namespace DistTrain.Benchmarks.Wire;

/// <summary>The exchange without compute: two ranks in processes of their own and a real server, each way for floats in turns.</summary>
internal static class WireBenchmark
{
    /// <summary>What the ranks say of their data.</summary>
    public const string Data = "none";

    private const string Job = "wire";
    private const int Ranks = 2;

    /// <summary>The server's rule is plain descent, the least that it can do with a sum.</summary>
    private static readonly string[] _settings = ["model.name=cnn", "batch=2", "workers=2", "steps=1000000", "evaluation.everyEpochs=0", "checkpoint.everySteps=0", "optimizer.momentum=0"];

    private static TrainingJob TheJob => JobFile.Read(null, Job, _settings).Job!;

    private static ParameterLayout Layout => ModelBlueprint.Of(TheJob.Spec, [1, 28, 28], 10).Layout;

    public static async Task RunAsync(int rounds, int steps, int skip)
    {
        Console.WriteLine($"2 ranks, {Layout.Length * sizeof(float)} bytes each way, {steps} steps behind {skip}");
        Console.WriteLine("| round | floats | ms a step | processor ms a step, all processes | server | ranks | loopback bytes a step |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var inMemory in new[] { true, false })
                Console.WriteLine($"| {round} | {(inMemory ? "in shared memory" : "in messages")} | {await MeasureAsync(inMemory, steps, skip)} |");
        }
    }

    /// <summary>One of the two ranks.</summary>
    public static Task RankAsync(string endpoint, int rank, bool inMemory, int steps, int skip) =>
        new WireRank(endpoint, Job, rank, inMemory, Layout).RunAsync(steps, skip);

    private static async Task<string> MeasureAsync(bool inMemory, int steps, int skip)
    {
        using var folder = new TempFolder();
        using var server = await Role.StartAsync("server", "--port", "0", "--job-folder", folder["{job}"], "--exit-with-parent");
        using var channel = new PeerChannels(certificates: null, "silo").Connect(server.Endpoint);
        await new JobPartitions.JobPartitionsClient(channel).OpenAsync(new OpenPartitionRequest
        {
            JobId = Job,
            Generation = 1,
            JobFile = JobFile.Write(TheJob),
            Layout = LayoutJson.Write(Layout),
            Servers = 1,
            TrainExamples = 2,
            DataFingerprint = Data,
            Leader = server.Endpoint,
        });
        var ranks = Enumerable.Range(0, Ranks)
            .Select(rank => Self.Start(["wire-rank", "--endpoint", server.Endpoint, "--rank", $"{rank}", "--in-memory", $"{inMemory}", "--steps", $"{steps}", "--skip", $"{skip}"]))
            .ToList();
        foreach (var rank in ranks)
            await rank.StandardOutput.ReadLineAsync();
        var (processor, bytes) = (ProcessTree.ProcessorSeconds(server.Process), LoopbackBytes());
        foreach (var rank in ranks)
            await rank.StandardInput.WriteLineAsync();
        var (milliseconds, ofRanks) = (0.0, 0.0);
        foreach (var rank in ranks)
        {
            var said = (await rank.StandardOutput.ReadLineAsync())!.Split(' ').Select(w => double.Parse(w, CultureInfo.InvariantCulture)).ToArray();
            (milliseconds, ofRanks) = (Math.Max(milliseconds, said[0]), ofRanks + said[1]);
        }

        var ofServer = (ProcessTree.ProcessorSeconds(server.Process) - processor) * 1000 / steps;
        bytes = (LoopbackBytes() - bytes) / steps;
        foreach (var rank in ranks)
        {
            await rank.WaitForExitAsync();
            rank.Dispose();
        }

        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F2} | {ofServer + ofRanks:F2} | {ofServer:F2} | {ofRanks:F2} | {bytes}");
    }

    private static long LoopbackBytes() => File.ReadLines("/proc/net/dev").Select(line => line.Trim())
        .Where(line => line.StartsWith("lo:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries)[9], CultureInfo.InvariantCulture))
        .Single();
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Jobs;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Chaos;

/// <summary>The folder of a run of 30 steps as two servers leave it, with checkpoints of steps 20 and 30.</summary>
internal sealed class SavedRun : IDisposable
{
    public const long Steps = 30;

    private const int Elements = 48;

    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [new Segment("a", SegmentKind.Weight, [40], 0, new Initialization(InitializationKind.Constant, 0))], bucketLength: 16);

    private readonly TempFolder _folder = new();

    public SavedRun()
    {
        WriteHistory(Enumerable.Range(1, (int)Steps));
        foreach (var step in (long[])[20, 30])
            WriteCheckpoint(step, step);
    }

    public static TrainingJob Job { get; } = JobFileInput.Read(null, ["checkpoint.everySteps=10", "checkpoint.keep=2"], TextWriter.Null);

    public string Path => _folder.Path;

    public string Metrics => _folder["metrics.jsonl"];

    /// <summary>What it is compared with: itself, as long as nobody alters it.</summary>
    public Baseline Baseline => new(Steps, Sha(Steps), 10, HistoryEntry.ReadAll(Path));

    public RunOutcome Outcome => new(
        Path,
        new Client.JobSummary { State = Client.JobState.Completed, Result = new Client.JobResult { Steps = Steps, WeightsSha256 = Sha(Steps), RedoneSteps = 20 } },
        [.. Enumerable.Range(1, (int)Steps).Select(step => (long)step)],
        PlannedKills: 2,
        [Fault("kill"), Fault("damage"), Fault("cut")],
        ServerEnds: 1);

    public static FaultReport Fault(string kind) => new(3, 4, kind, "server-0", 77, DateTimeOffset.UnixEpoch, $"{kind} of server-0", 1.5);

    public string Checkpoint(long step, string file) => _folder[$"checkpoints/step-{step}/{file}"];

    /// <summary>Overwrites the history with these steps, each with its own loss, and an evaluation at the end.</summary>
    public void WriteHistory(IEnumerable<int> steps)
    {
        var lines = steps.Select(step => new MetricsEvent { Step = new StepMetrics { Step = step, Loss = 1.0 / step, Examples = 8, Milliseconds = Random(), ComputeMilliseconds = Random() } })
            .Append(new MetricsEvent { Evaluation = new EvaluationMetrics { Step = Steps, Accuracy = 0.5 } });
        File.WriteAllLines(Metrics, lines.Select(line => System.Text.Encoding.UTF8.GetString(MetricsJson.Write(line))));
    }

    /// <summary>Writes a checkpoint whose weights are all <paramref name="value"/>.</summary>
    public void WriteCheckpoint(long step, float value)
    {
        Directory.CreateDirectory(_folder[$"checkpoints/step-{step}"]);
        List<ManifestPart> parts = [];
        foreach (var (server, first, count) in new[] { (0, 0, 16), (1, 16, Elements - 16) })
        {
            // Weights, then one optimizer slot.
            var bytes = MemoryMarshal.AsBytes(Vector(value).AsSpan(first, count)).ToArray();
            File.WriteAllBytes(Checkpoint(step, $"server-{server}.bin"), [.. bytes, .. bytes]);
            parts.Add(new ManifestPart($"server-{server}.bin", server, first, count, 1, 2 * bytes.Length, Convert.ToHexStringLower(SHA256.HashData([.. bytes, .. bytes]))));
        }

        var manifest = new CheckpointManifest(
            CheckpointManifest.CurrentFormat, "job-1", 1, step, DistTrain.Optimization.Order.Position.Start(), "{}", JobFile.Write(Job), LayoutJson.Write(Layout), "data", parts);
        File.WriteAllBytes(Checkpoint(step, CheckpointManifest.FileName), manifest.ToJson());
    }

    public void Dispose() => _folder.Dispose();

    private static string Sha(float value) => WeightsHash.Compute(Layout, Vector(value));

    private static float[] Vector(float value)
    {
        var vector = new float[Elements];
        vector.AsSpan(0, 40).Fill(value);
        return vector;
    }

    // What is measured is never the same twice.
    private static double Random() => RandomNumberGenerator.GetInt32(1, 1000);
}

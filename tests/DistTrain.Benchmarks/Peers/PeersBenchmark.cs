using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;

namespace DistTrain.Benchmarks.Peers;

/// <summary>
/// What a user would pick instead: PyTorch's DistributedDataParallel over gloo, two ranks with a thread each, the same models and global batches, in turns
/// with two ranks on two silos.
/// </summary>
internal static class PeersBenchmark
{
    private const int Cold = 50;
    private const int Warm = 30;

    private static readonly (string Name, string[] Ours, string Theirs, int Batch, int Steps)[] _models =
    [
        ("mlp", ["model.name=mlp"], "--model mlp", 256, 400),
        ("cnn", ["model.name=cnn"], "--model cnn", 256, 90),
        ("cnn + BatchNorm", ["model.name=cnn", "model.norm=batch", "batchNorm.scope=local"], "--model cnn --bn", 256, 90),
        ("resnet20", ["model.name=resnet20", "batchNorm.scope=local"], "--model resnet20", 128, 90),
    ];

    /// <param name="data">Folder of the MNIST files.</param>
    /// <param name="cifar">Files for resnet20; null: it is left out.</param>
    /// <param name="pytorch">Command that runs a script of the peers' folder, e.g. ../shared/peers/pytorch.sh; null: ours only.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="only">A model's name; null: all.</param>
    /// <param name="also">More keys of our jobs.</param>
    public static async Task RunAsync(string data, CifarFiles? cifar, string? pytorch, int rounds, string? only, string[] also)
    {
        Console.WriteLine("| model, global batch | round | ours: ms a step from 31 | forward and backward | DDP: ms | images/s, ours over DDP | steps 1 to 50, s: ours | DDP | over DDP |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var model in _models.Where(m => (only is null || m.Name == only) && (cifar is not null || m.Name != "resnet20")))
        {
            var (warm, cold) = (new List<double>(), new List<double>());
            for (var round = 1; round <= rounds; round++)
            {
                var ours = await OursAsync(model, data, cifar, also);
                var theirs = pytorch is null ? default : await TheirsAsync(pytorch, model.Name == "resnet20" ? cifar : null, model.Theirs, model.Batch, model.Steps);
                warm.Add(theirs.Warm / ours.Warm);
                cold.Add(theirs.Cold / ours.Cold);
                Console.WriteLine(Invariant($"| {model.Name}, {model.Batch} | {round} | {ours.Warm:F1} | {ours.Compute:F1} | {theirs.Warm:F1} | {warm[^1]:F2} | {ours.Cold:F2} | {theirs.Cold:F2} | {cold[^1]:F2} |"));
            }

            Console.WriteLine(Invariant($"| **{model.Name}, median** | | | | | **{Median(warm):F2}** | | | **{Median(cold):F2}** |"));
        }
    }

    private static async Task<(double Warm, double Compute, double Cold)> OursAsync((string Name, string[] Ours, string Theirs, int Batch, int Steps) model, string data, CifarFiles? cifar, string[] also)
    {
        string[] from = model.Name == "resnet20" ? ["dataset.name=cifar10", $"dataset.path={cifar!.Folder}"] : ["dataset.name=mnist", $"dataset.path={data}"];
        var (events, _) = await Self.TrainAsync(data: null, [.. from, .. model.Ours, $"batch={model.Batch}", "workers=2", $"steps={model.Steps}", "dataset.testExamples=100", "evaluation.everyEpochs=0", .. also]);
        var steps = events.Where(e => e.GetProperty("event").GetString() == "step").ToList();
        double[] Of(string name) => [.. steps.Select(e => e.GetProperty(name).GetDouble())];
        return (Median(Of("milliseconds")[Warm..]), Median(Of("computeMilliseconds")[Warm..]), Of("milliseconds")[..Cold].Sum() / 1000);
    }

    /// <summary>Two runs: one tells the median behind the first steps, one the mean of all of the first fifty.</summary>
    private static async Task<(double Warm, double Cold)> TheirsAsync(string pytorch, CifarFiles? cifar, string model, int batch, int steps)
    {
        var warm = await StepAsync($"--steps {steps} --skip {Warm}");
        var (first, few) = (await StepAsync("--steps 1 --skip 0"), await StepAsync($"--steps {Cold} --skip 1"));
        return (warm, (first + (few * (Cold - 1))) / 1000);

        async Task<double> StepAsync(string length)
        {
            var info = new ProcessStartInfo(pytorch, $"ddp_train.py {model} --world 2 --batch {batch} {length} --watchdog 300") { UseShellExecute = false, RedirectStandardOutput = true };
            if (cifar is not null)
                info.Environment["PEER_DATA"] = cifar.Parent;
            using var process = Process.Start(info)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement.GetProperty("step_ms").GetDouble()
                : throw new InvalidOperationException($"{pytorch} ended with {process.ExitCode}");
        }
    }

    private static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

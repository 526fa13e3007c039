using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Benchmarks.Sides;

namespace DistTrain.Benchmarks.Peers;

/// <summary>
/// resnet50 and bert beside PyTorch's DistributedDataParallel over gloo, two ranks with a thread each, in turns: seconds of a step, and the
/// processor's seconds and memory of all processes of a side. The first say who is faster on a quiet machine, the second also on another.
/// </summary>
internal static class LargeBenchmark
{
    /// <summary>Steps before the timed ones: memory is taken, code is compiled.</summary>
    private const int Skipped = 2;

    private const string Script = "large_ddp.py";

    /// <param name="python">Command that runs a script under PyTorch.</param>
    /// <param name="folder">Where the script is put for it.</param>
    /// <param name="seenAs">The same folder as the command sees it; null: as it is.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="steps">Timed steps of each side and round.</param>
    /// <param name="isRehearsal">Small sizes.</param>
    /// <param name="only">A model's name; null: all.</param>
    public static async Task RunAsync(string python, string folder, string? seenAs, int rounds, int steps, bool isRehearsal, string? only)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Peers", Script), Path.Combine(folder, Script), overwrite: true);
        Console.WriteLine("| model, global batch | round | ours: s a step | forward and backward | processor, s | memory, GiB | DDP: s | processor, s | memory, GiB | examples/s, ours over DDP | processor, DDP over ours |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var model in LargeModel.All(isRehearsal).Where(model => only is null || model.Name == only))
        {
            using var data = new TempFolder();
            model.Write(data.Path, 4 * model.Batch);
            var (ratios, processor) = (new List<double>(), new List<double>());
            for (var round = 1; round <= rounds; round++)
            {
                var ours = await OursAsync(model, data.Path, steps);
                var theirs = await TheirsAsync(model, python, $"{seenAs ?? folder}/{Script}", steps);
                ratios.Add(theirs.Step / ours.Step);
                processor.Add(theirs.Processor / ours.Processor);
                Console.WriteLine(Invariant($"| {model.Name}, {model.Batch} | {round} | {ours.Step:F2} | {ours.Compute:F2} | {ours.Processor:F2} | {ours.Memory:F1} | {theirs.Step:F2} | {theirs.Processor:F2} | {theirs.Memory:F1} | {ratios[^1]:F2} | {processor[^1]:F2} |"));
            }

            Console.WriteLine(Invariant($"| **{model.Name}, median** | | | | | | | | | **{Median(ratios):F2}** | **{Median(processor):F2}** |"));
        }
    }

    private static async Task<(double Step, double Compute, double Processor, double Memory)> OursAsync(LargeModel model, string data, int steps)
    {
        using var folder = new TempFolder();
        string[] settings =
        [
            .. model.Ours.Select(key => key.Replace("DATA", data, StringComparison.Ordinal)), $"batch={model.Batch}", $"microBatch={model.Batch}", "workers=2", $"steps={Skipped + steps}",
            "evaluation.everyEpochs=0", "checkpoint.everySteps=0",
        ];
        using var process = Self.StartTrain(folder.Path, data: null, settings);
        await using var memory = new PeakMemory(process.Id);
        List<JsonElement> told = [];
        List<double> taken = [];
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var one = JsonDocument.Parse(line).RootElement;
            if (one.GetProperty("event").GetString() != "step")
                continue;
            told.Add(one);
            taken.Add(ProcessTree.ProcessorSeconds(process.Id));
        }

        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"disttrain train ended with {process.ExitCode}");
        double Of(string name) => Median([.. told.Skip(Skipped).Select(step => step.GetProperty(name).GetDouble() / 1000)]);
        return (Of("milliseconds"), Of("computeMilliseconds"), (taken[^1] - taken[Skipped - 1]) / steps, memory.GiB);
    }

    private static async Task<(double Step, double Processor, double Memory)> TheirsAsync(LargeModel model, string python, string script, int steps)
    {
        var settings = JsonSerializer.Serialize(new Dictionary<string, object>(model.Theirs) { ["model"] = model.Name, ["world"] = 2, ["batch"] = model.Batch, ["steps"] = Skipped + steps, ["skipped"] = Skipped });
        var words = python.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var info = new ProcessStartInfo(words[0], [.. words[1..], script, settings]) { UseShellExecute = false, RedirectStandardOutput = true };
        // As our processes do: activations are not mapped anew in each step.
        info.Environment["MALLOC_MMAP_THRESHOLD_"] = "2147483648";
        info.Environment["MALLOC_TRIM_THRESHOLD_"] = "4294967296";
        using var process = Process.Start(info)!;
        await using var memory = new PeakMemory(process.Id);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{python} ended with {process.ExitCode}");
        var told = JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement;
        var seconds = told.GetProperty("seconds").EnumerateArray().Select(second => second.GetDouble());
        return (Median([.. seconds.Skip(Skipped)]), told.GetProperty("processor").GetDouble() / steps, memory.GiB);
    }

    private static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Text.Json;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Benchmarks.Sides;

namespace DistTrain.Benchmarks.Start;

/// <summary>How one run of <c>train</c> began and went on.</summary>
/// <param name="Submitted">Seconds from the start of the process until its cluster has taken the job.</param>
/// <param name="FirstStep">Seconds from the start of the process until the first step is closed.</param>
/// <param name="Processor">Seconds of the processor that all its processes had taken by then.</param>
/// <param name="Steps">Milliseconds of each step, from the version before to its own.</param>
/// <param name="WeightsSha256">What it ended with.</param>
internal sealed record Run(double Submitted, double FirstStep, double Processor, IReadOnlyList<double> Steps, string WeightsSha256)
{
    /// <summary>Runs <c>train</c> with the <c>mlp</c>: two ranks on two silos, one server, a batch of 256.</summary>
    /// <param name="program">The <c>disttrain</c> executable; null: this checkout's.</param>
    /// <param name="data">Folder of the MNIST files; null: the built-in digits.</param>
    /// <param name="steps">How many steps.</param>
    public static async Task<Run> OfAsync(string? program, string? data, int steps)
    {
        using var folder = new TempFolder();
        var (submitted, first, processor, sha) = (0.0, 0.0, 0.0, string.Empty);
        var start = System.Diagnostics.Stopwatch.StartNew();
        using var process = Self.StartTrainOf(
            program ?? Self.DistTrain, folder.Path, data, "model.name=mlp", "workers=2", "batch=256", $"steps={steps}", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            switch (json.RootElement.GetProperty("event").GetString())
            {
                case "submitted":
                    submitted = start.Elapsed.TotalSeconds;
                    break;
                case "step" when first == 0:
                    first = start.Elapsed.TotalSeconds;
                    processor = ProcessTree.ProcessorSeconds(process.Id);
                    break;
                case "completed":
                    sha = json.RootElement.GetProperty("weightsSha256").GetString()!;
                    break;
            }
        }

        await process.WaitForExitAsync();
        if (sha.Length == 0)
            throw new InvalidOperationException($"{program ?? "disttrain"} train ended with {process.ExitCode} before the job had completed");
        return new Run(submitted, first, processor, [.. File.ReadLines(Path.Combine(folder.Path, "run", "metrics.jsonl")).Select(Milliseconds).OfType<double>()], sha);
    }

    /// <summary>The mean of some steps, in milliseconds; NaN where there are none.</summary>
    public double Mean(int from, int to) => Steps.Skip(from - 1).Take(to - from + 1).DefaultIfEmpty(double.NaN).Average();

    private static double? Milliseconds(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("event").GetString() == "step" ? json.RootElement.GetProperty("milliseconds").GetDouble() : null;
    }
}

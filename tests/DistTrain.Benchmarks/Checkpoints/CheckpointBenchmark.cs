using System.Globalization;
using System.Text.Json;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Benchmarks.Sides;

namespace DistTrain.Benchmarks.Checkpoints;

/// <summary>
/// What checkpoints cost: <c>cnn</c>, batch 128, 2 ranks on 2 silos, one server, with a checkpoint every 50 steps and without, side by side.
/// </summary>
internal static class CheckpointBenchmark
{
    private const int Every = 50;

    /// <summary>Steps behind a checkpoint in which its save may still be running.</summary>
    private const int Shadow = 10;

    /// <param name="data">Folder of the MNIST files, or null.</param>
    /// <param name="rounds">Rounds; each runs both sides.</param>
    /// <param name="seconds">Timed seconds of each round.</param>
    /// <param name="skip">Steps of each side before them.</param>
    public static async Task RunAsync(string? data, int rounds, int seconds, int skip)
    {
        Console.WriteLine("| round | without, images/s | with, images/s | ratio | a checkpoint, ms more |");
        Console.WriteLine("|---|---|---|---|---|");
        var (ratios, costs) = (new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            var (without, with, cost) = await RoundAsync(data, round % 2 == 0, seconds, skip);
            ratios.Add(with / without);
            costs.Add(cost);
            Console.WriteLine(Invariant($"| {round} | {without:F0} | {with:F0} | {ratios[^1]:F3} | {cost:F0} |"));
        }

        Console.WriteLine(Invariant($"| **median** | | | **{Median(ratios):F3}** | **{Median(costs):F0}** |"));
    }

    /// <returns>Images/s of each side in the same seconds, and what a checkpoint costs within its run.</returns>
    private static async Task<(double Without, double With, double Cost)> RoundAsync(string? data, bool isWithFirst, int seconds, int skip)
    {
        using var folder = new TempFolder();
        using var first = Train(folder["first"], data, isWithFirst ? Every : 0);
        using var second = Train(folder["second"], data, isWithFirst ? 0 : Every);
        var (with, without) = isWithFirst ? (first, second) : (second, first);
        var (saving, plain) = (new Side(with, [with]), new Side(without, [without]));
        await Task.WhenAll(saving.StepAsync(skip), plain.StepAsync(skip));
        var begin = Role.Now;
        var (imagesWithout, imagesWith) = await SideBySide.MeasureAsync(plain, saving, seconds);
        foreach (var side in new[] { with, without })
        {
            side.Signal(Role.SigInt);
            await side.ExitAsync();
        }

        return (imagesWithout, imagesWith, MillisecondsOfOne(with, begin));
    }

    /// <summary>A run that goes on until it is interrupted.</summary>
    private static Role Train(string folder, string? data, int everySteps)
    {
        List<string> settings = ["model.name=cnn", "batch=128", "workers=2", $"checkpoint.everySteps={everySteps}", "steps=100000", "dataset.testExamples=100", "evaluation.everyEpochs=0"];
        if (data is not null)
            settings.AddRange(["dataset.name=mnist", $"dataset.path={data}"]);
        return Role.Start(["train", "--silos", "2", "--output", "json", "--out", folder, .. settings.SelectMany(s => new[] { "--set", s })]);
    }

    /// <summary>
    /// Seen within one run: how much longer than the others the steps behind a checkpoint take together.
    /// </summary>
    private static double MillisecondsOfOne(Role with, TimeSpan begin)
    {
        List<JsonElement> steps = [.. with.Steps.Where(s => s.At > begin).Select(s => s.Event)];
        // The step after a commit of version 50, 100, … is the first that a save runs beside.
        var isBeside = steps.ToLookup(s => s.GetProperty("step").GetInt64() is > Every and var step && (step - 1) % Every < Shadow, Milliseconds);
        var (beside, usual) = (isBeside[true].ToList(), isBeside[false]);
        return beside.Count == 0 ? 0 : (beside.Average() - usual.Average()) * Shadow;
    }

    private static double Milliseconds(JsonElement step) => step.GetProperty("milliseconds").GetDouble();

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using DistTrain.Benchmarks.Overhead;

namespace DistTrain.Benchmarks.Checkpoints;

/// <summary>
/// What checkpoints cost: <c>cnn</c>, batch 128, 2 ranks on 2 silos, one server, with a checkpoint every 50 steps and without, in turns. Which side goes
/// first changes from round to round, so that a machine that gets slower or faster favours neither.
/// </summary>
internal static class CheckpointBenchmark
{
    private const int Every = 50;

    /// <summary>Steps behind a checkpoint in which its save may still be running.</summary>
    private const int Shadow = 10;

    /// <param name="data">Folder of the MNIST files, or null.</param>
    /// <param name="rounds">Rounds; each runs both sides.</param>
    /// <param name="steps">Timed steps of each side; a multiple of 50, so that they hold as many saves as any others.</param>
    /// <param name="skip">Steps before them.</param>
    public static async Task RunAsync(string? data, int rounds, int steps, int skip)
    {
        if (steps < Every || steps % Every != 0)
            throw new ArgumentException($"--steps {steps} is not a multiple of {Every}");
        Console.WriteLine("| round | without, images/s | with, images/s | ratio | a checkpoint, ms more |");
        Console.WriteLine("|---|---|---|---|---|");
        var (ratios, costs) = (new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            var first = await TrainAsync(data, round % 2 == 0 ? Every : 0, steps, skip);
            var second = await TrainAsync(data, round % 2 == 0 ? 0 : Every, steps, skip);
            var (with, without) = round % 2 == 0 ? (first, second) : (second, first);
            ratios.Add(ImagesPerSecond(with) / ImagesPerSecond(without));
            costs.Add(MillisecondsOfOne(with));
            Console.WriteLine(Invariant($"| {round} | {ImagesPerSecond(without):F0} | {ImagesPerSecond(with):F0} | {ratios[^1]:F3} | {costs[^1]:F0} |"));
        }

        Console.WriteLine(Invariant($"| **median** | | | **{Median(ratios):F3}** | **{Median(costs):F0}** |"));
    }

    private static async Task<List<TimedStep>> TrainAsync(string? data, int everySteps, int steps, int skip)
    {
        var (events, _) = await Self.TrainAsync(
            data, "model.name=cnn", "batch=128", "workers=2", $"checkpoint.everySteps={everySteps}", $"steps={steps + skip}", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        return
        [
            .. events
                .Where(e => e.GetProperty("event").GetString() == "step")
                .Skip(skip)
                .Select(e => new TimedStep(e.GetProperty("step").GetInt64(), e.GetProperty("milliseconds").GetDouble(), e.GetProperty("examples").GetInt32())),
        ];
    }

    private static double ImagesPerSecond(List<TimedStep> steps) => steps.Sum(s => s.Examples) / steps.Sum(s => s.Milliseconds) * 1000;

    /// <summary>
    /// Seen within one run, where the noise from run to run is not: how much longer than the others the steps behind a checkpoint take together.
    /// </summary>
    private static double MillisecondsOfOne(List<TimedStep> steps)
    {
        // The step after a commit of version 50, 100, … is the first that a save runs beside.
        var beside = steps.Where(s => s.Step > Every && (s.Step - 1) % Every < Shadow).ToList();
        var usual = steps.Except(beside).Select(s => s.Milliseconds).ToList();
        return beside.Count == 0 ? 0 : (beside.Average(s => s.Milliseconds) - usual.Average()) * Shadow;
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record TimedStep(long Step, double Milliseconds, int Examples);
}

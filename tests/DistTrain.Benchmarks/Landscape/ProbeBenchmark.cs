using System.Diagnostics;
using System.Globalization;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Benchmarks.Landscape;

/// <summary>
/// What 20 Lanczos iterations cost, recursion and all, in gradient passes over the same examples: two ranks on two threads, a gradient pass
/// before each iteration.
/// </summary>
internal static class ProbeBenchmark
{
    private const int Iterations = 20;

    public static void Run(string? data, int wanted, string model)
    {
        NativeEnvironment.Prepare();
        var examples = DatasetReader.Read(BareLoop.DatasetOf(data)).Train;
        var spec = JobFile.Read(null, "benchmark", [$"model={model}", "workers=2"]).Job!.Spec;
        var blueprint = ModelBlueprint.Of(spec, examples.Shape, examples.Classes);
        var chosen = Objective.Choose(seed: 1, wanted == 0 ? examples.Count : wanted, examples.Count);
        var objective = new Objective(examples, chosen, spec.Workers, spec.MicroBatch, CurvatureMode.Evaluation, Seed: 1, Position.Start());
        using var ranks = new LocalObjective<float>(blueprint, objective, threads: spec.Workers);
        var version = new float[blueprint.Layout.Length];
        VersionZero.Fill(blueprint.Layout, seed: 1, offset: 0, version);
        ranks.MoveTo(version);
        // A tolerance that no residual reaches: all iterations are made.
        var plan = new CurvaturePlan(new LanczosGoal(Iterations, Tolerance: 0), new CriticalPointTolerances(), Directions: 0);
        var probe = new CurvatureProbe<float>(new VectorPart(blueprint.Layout, ..), BucketOrder.Add, plan);
        var (gradients, iterations) = (new List<double>(), new List<double>());
        while (probe.Next is { } next)
        {
            gradients.Add(Seconds(() => ranks.Gradient(CancellationToken.None)));
            iterations.Add(Seconds(() => probe.Take(ranks.Product(next, CancellationToken.None))));
        }

        var ratios = gradients.Zip(iterations, (gradient, iteration) => iteration / gradient).Order().ToList();
        Console.WriteLine("| model | examples | gradient pass, s | iteration, s | iteration in passes: each beside its own | passes of the gradient and 20 iterations |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| `{model}` | {chosen.Length:N0} | {Median(gradients):F2} | {Median(iterations):F2} | {ratios[0]:F2} to {ratios[^1]:F2}, median {Median(ratios):F2} | {1 + (iterations.Sum() / gradients.Average()):F1} |"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double Seconds(Action pass)
    {
        var start = Stopwatch.GetTimestamp();
        pass();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

using System.Diagnostics;
using System.Globalization;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Benchmarks.Landscape;

/// <summary>
/// What a Hessian-vector product costs: one thread, a micro-batch of 256, in turns with a gradient pass over the same examples. Each round's ratio is
/// that of medians.
/// </summary>
internal static class ProductBenchmark
{
    private const int Batch = 256;

    private static readonly string[] Models =
    [
        "model.name=mlp", "model.name=cnn", "model={name: cnn, norm: batch}", "model={name: resnet20, norm: batch}",
        "model={name: custom, layers: [flatten, linear: 128, tanh, linear: 10]}",
    ];

    /// <param name="data">Folder of MNIST files; null: the built-in digits.</param>
    /// <param name="rounds">Each runs both sides.</param>
    /// <param name="steps">Passes of a side and round.</param>
    /// <param name="only">A part of the models' lines; null: all.</param>
    public static void Run(string? data, int rounds, int steps, string? only)
    {
        NativeEnvironment.Prepare();
        var examples = DatasetReader.Read(BareLoop.DatasetOf(data)).Train;
        Console.WriteLine("| model | type | gradient, ms | product, ms | ratio of each round | median |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var model in Models.Where(m => only is null || m.Contains(only, StringComparison.Ordinal)))
        {
            Measure<float>(model, examples, rounds, steps);
            Measure<double>(model, examples, rounds, steps);
        }
    }

    private static void Measure<T>(string model, ExampleSet examples, int rounds, int steps)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var spec = JobFile.Read(null, "benchmark", [model]).Job!.Spec;
        using var replica = new CurvatureReplica<T>(ModelBlueprint.Of(spec, examples.Shape, examples.Classes), Batch);
        var version = new float[replica.Layout.Length];
        VersionZero.Fill(replica.Layout, seed: 1, offset: 0, version);
        for (var i = 0; i < version.Length; i++)
            replica.Parameters.Span[i] = T.CreateTruncating(version[i]);
        ProbeDirection.Fill(new VectorPart(replica.Layout, ..), ProbeDirectionKind.Rademacher, seed: 1, probe: 0, restart: 0, replica.Direction.Span);
        replica.BeginSum();
        int[] batch = [.. Enumerable.Range(0, Batch)];
        var divisor = new Divisor(Batch, examples.Targets);

        // Not counted: the first ones take the memory that all later ones have, and clearing its pages is a fifth of them.
        replica.AddGradient(examples, batch, divisor);
        replica.AddProduct(examples, batch, divisor);
        var (gradients, products, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            var (gradient, product) = (new List<double>(), new List<double>());
            for (var step = 0; step < steps; step++)
            {
                gradient.Add(Milliseconds(() => replica.AddGradient(examples, batch, divisor)));
                product.Add(Milliseconds(() => replica.AddProduct(examples, batch, divisor)));
            }

            gradients.Add(Median(gradient));
            products.Add(Median(product));
            ratios.Add(products[^1] / gradients[^1]);
        }

        Console.WriteLine(Invariant(
            $"| `{model["model".Length..].TrimStart('.', '=')}` | {typeof(T).Name} | {Median(gradients):F1} | {Median(products):F1} | {string.Join(", ", ratios.Select(r => Invariant($"{r:F2}")))} | **{Median(ratios):F2}** |"));
    }

    private static double Milliseconds(Action pass)
    {
        var start = Stopwatch.GetTimestamp();
        pass();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

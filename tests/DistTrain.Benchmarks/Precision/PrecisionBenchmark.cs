using System.Globalization;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Benchmarks.Precision;

/// <summary>What a gradient costs in each precision: of processor time, one thread, a micro-batch of 128, in turns. Each round's ratio is that of medians.</summary>
internal static class PrecisionBenchmark
{
    private const int Batch = 128;

    private static readonly string[] Models = ["name: mlp", "name: cnn", "name: cnn, norm: batch", "name: resnet20, norm: batch"];

    public static void Run(string? data, int rounds, int steps)
    {
        NativeEnvironment.Prepare();
        var examples = DatasetReader.Read(BareLoop.DatasetOf(data)).Train;
        Console.WriteLine(NativeEnvironment.Arithmetic(Precisions.BFloat16));
        Console.WriteLine("| model | float32, ms | bfloat16, ms | float32 over bfloat16, each round | median |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var model in Models)
        {
            using var single = new Side(model, Precisions.Float32, examples);
            using var half = new Side(model, Precisions.BFloat16, examples);
            var (wholes, halves) = (new List<double>(), new List<double>());
            // The first round only warms up.
            for (var round = 0; round <= rounds; round++)
            {
                var (one, other) = (new List<double>(), new List<double>());
                for (var step = 0; step < steps; step++)
                {
                    one.Add(single.Milliseconds());
                    other.Add(half.Milliseconds());
                }

                if (round == 0)
                    continue;
                wholes.Add(Median(one));
                halves.Add(Median(other));
            }

            var ratios = wholes.Zip(halves, (one, other) => one / other).ToList();
            Console.WriteLine(Invariant(
                $"| `{model}` | {Median(wholes):F1} | {Median(halves):F1} | {string.Join(", ", ratios.Select(r => Invariant($"{r:F2}")))} | **{Median(ratios):F2}** |"));
        }
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Side : IDisposable
    {
        private readonly ExampleSet _examples;
        private readonly Replica _replica;
        private readonly int[] _batch = [.. Enumerable.Range(0, Batch)];

        public Side(string model, string precision, ExampleSet examples)
        {
            _examples = examples;
            var spec = JobFile.Read(null, "benchmark", [$"model={{{model}}}", $"precision={precision}"]).Job!.Spec;
            _replica = new Replica(ModelBlueprint.Of(spec, examples.Shape, examples.Classes), Batch);
            VersionZero.Fill(_replica.Layout, seed: 1, offset: 0, _replica.Parameters.Span);
        }

        public double Milliseconds()
        {
            var start = Environment.CpuUsage.TotalTime;
            _replica.BeginStep();
            _replica.Accumulate(_examples, _batch, new Divisor(Batch, _examples.Targets), new MicroBatchKey(1, Position.Start(), 0, 0));
            _replica.EndStep();
            return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
        }

        public void Dispose() => _replica.Dispose();
    }
}

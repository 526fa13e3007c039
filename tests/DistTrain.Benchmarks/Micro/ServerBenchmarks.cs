using System.Buffers;
using BenchmarkDotNet.Attributes;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Benchmarks.Micro;

/// <summary>What the server does with a version of 4 million parameters, on one thread, beside a copy of the same vector.</summary>
[MemoryDiagnoser]
public class ServerBenchmarks
{
    private const int Parameters = 4 << 20;

    private static readonly ParameterLayout Layout = ParameterLayout.Of([new("w", SegmentKind.Weight, [Parameters], 0, Initialization.Zero)]);

    private readonly float[] _weights = new float[Parameters];
    private readonly float[] _gradient = new float[Parameters];
    private readonly float[] _next = new float[Parameters];
    private readonly Memory<float>[] _slots = [AlignedVector.Allocate<float>(Parameters)];
    private readonly BucketSum[] _sums = [.. Layout.Buckets.Select(b => new BucketSum(new RankTree(2), b))];
    private readonly IOptimizer<float> _momentum = Make();
    private static readonly UpdateTime Time = new(0, 0.1, 0.1);

    /// <summary>Reads and writes 16 MiB each.</summary>
    [Benchmark(Baseline = true)]
    public void Copy() => _weights.AsSpan().CopyTo(_next);

    /// <summary>Reads three vectors, writes two.</summary>
    [Benchmark]
    public void Momentum()
    {
        var weightSquares = double.NaN;
        foreach (var bucket in Layout.Buckets)
        {
            foreach (var piece in bucket.Pieces)
            {
                var (at, length) = (piece.Offset, piece.Length);
                _momentum.Step(
                    new PieceStep<float>(
                        piece.Segment, Time, _weights.AsSpan(at, length), _gradient.AsSpan(at, length), _next.AsSpan(at, length), _slots, at, ref weightSquares),
                    norms: []);
            }
        }
    }

    /// <summary>The sum of two ranks' chunks, arrays rented as on the stream.</summary>
    [Benchmark]
    public void Aggregate()
    {
        foreach (var sum in _sums)
        {
            for (var rank = 0; rank < 2; rank++)
                sum.Add(rank, 1, ArrayPool<float>.Shared.Rent(Layout.BucketLength));
            sum.Reset();
        }
    }

    private static IOptimizer<float> Make()
    {
        var definition = OptimizerCatalog.Find("momentum")!;
        return definition.Create<float>(new OptionValues(definition.Options, new Dictionary<string, object>()));
    }
}

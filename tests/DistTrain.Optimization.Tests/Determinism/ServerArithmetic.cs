using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Randomness;
using DistTrain.Optimization.Threads;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Determinism;

/// <summary>
/// What is computed outside of libtorch, as digests by name: the sum over ranks, norms, curvature, synchronized BatchNorm, every rule of the catalog with
/// each of its variants under clipping, buffers, and the first version. Every parallel part runs on a given number of threads.
/// </summary>
internal static class ServerArithmetic
{
    /// <summary>Of a child process.</summary>
    public const string Role = "arithmetic";

    private const int Ranks = 9;

    private const int Steps = 3;

    /// <summary>Twelve buckets; tensors longer than a block of the norms, cut by buckets, and ends that fill no vector.</summary>
    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [
            new("wide", SegmentKind.Weight, [163, 101], 0, Initialization.FanIn(101)),
            new("bias", SegmentKind.Bias, [163], 0, Initialization.FanIn(101)),
            new("direction", SegmentKind.Weight, [37, 111], 0, Initialization.HeNormal(37)),
            new("length", SegmentKind.Norm, [37, 1], 0, new(InitializationKind.RowNorms)),
            new("norm.statistics", SegmentKind.Statistics, [37, 2], 0, new(InitializationKind.Statistics), PositionsPerExample: 4),
            new("renorm.statistics", SegmentKind.Deviations, [21, 2], 0, new(InitializationKind.Statistics), PositionsPerExample: 3),
            new("direction.vector", SegmentKind.PowerVector, [37], 0, new(InitializationKind.UnitVector)),
        ],
        bucketLength: 1808);

    /// <summary>What this process can do: the first line of a child.</summary>
    public static string Instructions => $"vectors of {8 * Vector<byte>.Count} bits, AVX2 {Avx2.IsSupported}, FMA {Fma.IsSupported}, any {Vector128.IsHardwareAccelerated}";

    /// <summary>A child's part: prints <see cref="Instructions"/>, then <see cref="Digests"/>.</summary>
    public static Task RunAsync(string[] arguments)
    {
        Console.Out.NewLine = "\n";
        Console.WriteLine(Instructions);
        foreach (var line in Digests(threads: 2))
            Console.WriteLine(line);
        return Task.CompletedTask;
    }

    /// <summary>A line for each: its name and a SHA-256.</summary>
    public static IEnumerable<string> Digests(int threads)
    {
        var loop = new BucketLoop(threads);
        yield return Line("first version", FirstVersion());
        yield return Line("norms", Norms());
        yield return Line("sum over ranks", Sum(loop));
        yield return Line("curvature in float32", Curvature<float>());
        yield return Line("curvature in float64", Curvature<double>());
        yield return Line("passes of BatchNorm", Normalization());
        foreach (var definition in OptimizerCatalog.All)
        {
            foreach (var (name, options) in Variants(definition))
                yield return Line(name, Train(definition.Name, options, loop));
        }
    }

    /// <summary>The defaults, and each choice and flag that differs from them; with decay, and with momentum where that is 0.</summary>
    private static IEnumerable<(string Name, Dictionary<string, object> Options)> Variants(IOptimizerDefinition definition)
    {
        var usual = definition.Options
            .Where(o => o is { Name: "weightDecay" or "momentum", Default: 0.0 })
            .ToDictionary(o => o.Name, _ => (object)0.1);
        yield return (definition.Name, usual);
        foreach (var option in definition.Options)
        {
            object[] others = option.Kind switch
            {
                OptionKind.Choice => [.. option.Choices.Where(c => !c.Equals(option.Default))],
                OptionKind.Flag => [!(bool)option.Default!],
                _ => [],
            };
            foreach (var other in others)
                yield return ($"{definition.Name} {option.Name}={other}", new(usual) { [option.Name] = other });
        }
    }

    /// <summary>Weights and norms after each step, then the slots.</summary>
    private static List<float[]> Train(string name, Dictionary<string, object> options, BucketLoop loop)
    {
        var optimizer = OptimizerByName.Create<float>(name, options);
        var update = new FlatUpdate<float>(optimizer, _layout, _layout.Buckets);
        var weights = Vector();
        VersionZero.Fill(_layout, 1, 0, weights.Span);
        var all = new List<float[]>();
        for (var step = 0; step < Steps; step++)
        {
            var time = new UpdateTime(step, 0.1 / (step + 1), 0.1 / Math.Max(step, 1), 0.3 * step, GradientScale: 0.37);
            var (current, gradient, next) = (weights, Numbers(step), Vector());
            if (optimizer.Norms > 0)
            {
                loop.Run(_layout.Buckets.Count, i => update.Measure(_layout.Buckets[i], time, Of(current, i), Of(gradient, i), Of(next, i)));
                update.Combine(update.PieceSums.Span);
            }

            loop.Run(_layout.Buckets.Count, i =>
            {
                update.Step(_layout.Buckets[i], time, Of(current, i), Of(gradient, i), Of(next, i));
                StepBuffers(_layout.Buckets[i], Of(current, i), Of(gradient, i), Of(next, i));
            });
            weights = next;
            all.Add(weights.ToArray());
            all.Add(MemoryMarshal.Cast<double, float>(update.PieceSums.Span).ToArray());
        }

        return [.. all, .. update.Slots.Select(s => s.ToArray())];
    }

    /// <summary>Ten steps of the recursion on a diagonal matrix: α, β, and the basis; then the ends of the spectrum.</summary>
    private static List<float[]> Curvature<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var part = new VectorPart(_layout, ..);
        var lanczos = new Lanczos<T>(part, BucketOrder.Add);
        var vector = new T[part.Length];
        ProbeDirection.Fill<T>(part, ProbeDirectionKind.Rademacher, seed: 1, probe: 0, restart: 0, vector);
        lanczos.Begin(vector);
        for (var step = 0; step < 10; step++)
        {
            var next = lanczos.Next!.Value.Span;
            for (var i = 0; i < vector.Length; i++)
                vector[i] = next[i] * T.CreateChecked((i % 17) - 5) / T.CreateChecked(3);
            lanczos.Take(vector);
        }

        var state = lanczos.State;
        var spectrum = RitzSpectrum.Of(state.Alphas, state.Betas);
        double[] numbers = [.. state.Alphas, .. state.Betas, .. spectrum.Values.SelectMany(v => new[] { v.Value, v.Residual, v.Weight })];
        return [MemoryMarshal.Cast<double, float>(numbers).ToArray(), .. state.Basis.Select(v => MemoryMarshal.Cast<T, float>(v.Span).ToArray())];
    }

    /// <summary>Planes that end beyond whole vectors.</summary>
    private static List<float[]> Normalization()
    {
        var block = new ChannelBlock(5, 7, 61);
        var (x, dy) = (Numbers(0)[..(7 * (int)block.Count)], Numbers(1)[..(7 * (int)block.Count)]);
        var (y, dx) = (new float[x.Length], new float[x.Length]);
        float[] by = [0.1f, -0.3f, 7, 1 / 3f, -2, 0.01f, 5];
        var moments = NormPasses.Moments(x.Span, block);
        NormPasses.Forward(x.Span, block, by, by, by, y);
        NormPasses.Backward(dy.Span, x.Span, block, by, by, by, by, dx);
        var (gradients, products) = NormPasses.Sums(dy.Span, x.Span, block, by);
        double[] sums = [.. moments.Mean, .. moments.SquaredDeviations, .. gradients, .. products];
        return [y, dx, MemoryMarshal.Cast<double, float>(sums).ToArray()];
    }

    private static void StepBuffers(Bucket bucket, ReadOnlySpan<float> current, ReadOnlySpan<float> pushed, Span<float> next)
    {
        var buffers = new BufferUpdate(0.1, 1e-5);
        foreach (var piece in bucket.Pieces.Where(p => p.Segment.IsBuffer))
        {
            var at = piece.Offset - bucket.Offset;
            buffers.Step(piece.Segment, current.Slice(at, piece.Length), pushed.Slice(at, piece.Length), next.Slice(at, piece.Length), examples: 64);
        }
    }

    private static List<float[]> Sum(BucketLoop loop)
    {
        var total = Vector();
        loop.Run(_layout.Buckets.Count, index =>
        {
            var bucket = _layout.Buckets[index];
            var sum = new BucketSum(new RankTree(Ranks), bucket);
            for (var rank = 0; rank < Ranks; rank++)
            {
                var chunk = ArrayPool<float>.Shared.Rent(bucket.Length);
                Of(Numbers(rank), index).CopyTo(chunk);
                sum.Add(rank, examples: 3 * (rank % 4), chunk);
            }

            sum.Total.CopyTo(Of(total, index));
            sum.Reset();
        });
        return [total.ToArray()];
    }

    private static List<double[]> Norms()
    {
        var numbers = Numbers(0).ToArray();
        var wide = Array.ConvertAll(numbers, x => x / 3.0);
        int[] lengths = [.. Enumerable.Range(0, 70), SquaredNorm.BlockLength - 1, SquaredNorm.BlockLength, numbers.Length];
        return [[.. lengths.Select(n => SquaredNorm.Of<float>(numbers.AsSpan(0, n)))], [.. lengths.Select(n => SquaredNorm.Of<double>(wide.AsSpan(0, n)))]];
    }

    private static List<float[]> FirstVersion()
    {
        var vector = Vector();
        VersionZero.Fill(_layout, 7, 0, vector.Span);
        return [vector.ToArray()];
    }

    private static Memory<float> Vector() => AlignedVector.Allocate<float>(_layout.Length);

    private static Span<float> Of(Memory<float> vector, int bucket) => vector.Span.Slice(_layout.Buckets[bucket].Offset, _layout.Buckets[bucket].Length);

    /// <summary>Numbers of very different sizes, so that another order of addition is another sum; deviations are not negative.</summary>
    private static Memory<float> Numbers(int stream)
    {
        var random = new CounterRandom(11, Draw.SyntheticDigits, stream);
        var vector = Vector();
        foreach (var segment in _layout.Segments)
        {
            foreach (ref var value in vector.Span.Slice(segment.Offset, segment.Length))
                value = ((segment.IsMoments ? 1 : 2) * random.NextSingle() - (segment.IsMoments ? 0 : 1)) / (1 << random.NextBelow(20));
        }

        return vector;
    }

    private static string Line<T>(string name, IEnumerable<T[]> vectors)
        where T : unmanaged
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var vector in vectors)
            hash.AppendData(MemoryMarshal.AsBytes(vector.AsSpan()));
        return $"{name} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}

using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Threads;

namespace DistTrain.Benchmarks.Update;

/// <summary>
/// The server's arithmetic on a model of ResNet-50's size beside a copy on the same number of threads and beside TorchSharp's in-place
/// operations, in turns: <c>update [--rounds N] [--threads N]</c>. Bytes are the least that must be read and written.
/// </summary>
internal static class UpdateBenchmark
{
    private const int Ranks = 8;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static void Run(int rounds, int threads)
    {
        var layout = ResNet50.Layout;
        var floats = (double)layout.Length;
        Console.WriteLine($"{layout.ParameterCount:N0} parameters in {layout.Segments.Count} tensors and {layout.Buckets.Count} buckets, {threads} thread(s), {rounds} rounds");
        var loop = new BucketLoop(threads);
        var gradients = Enumerable.Range(0, Ranks).Select(_ => Chunks(layout)).ToArray();
        using var torch = new TorchUpdates(layout, threads, Ranks);
        var copy = new CopyWork(layout, loop);
        // The least traffic of each, in vectors: momentum reads w, g, v and writes w, v; LAMB one slot more each way; averaging reads all and writes one.
        var works = new (string Name, int Vectors, Action Ours, Action Torch)[]
        {
            ("momentum", 5, new OptimizerWork(layout, loop, "momentum").Step, torch.Momentum),
            ("lars", 5, new OptimizerWork(layout, loop, "lars").Step, torch.Lars),
            ("lamb", 7, new OptimizerWork(layout, loop, "lamb").Step, torch.Lamb),
            ("averaging of 8", Ranks + 1, new AveragingWork(layout, loop, gradients).Sum, torch.Average),
        };

        foreach (var work in works)
        {
            var (copies, ours, theirs) = (new List<double>(), new List<double>(), new List<double>());
            Warm(copy.Copy, work.Ours, work.Torch);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            work.Ours();
            var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            for (var round = 0; round < rounds; round++)
            {
                copies.Add(Milliseconds(copy.Copy));
                ours.Add(Milliseconds(work.Ours));
                theirs.Add(Milliseconds(work.Torch));
            }

            // A copy moves two vectors.
            var bandwidth = Ratio(copies, ours) * work.Vectors / 2;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{work.Name,-15} {Median(ours),7:F1} ms  {work.Vectors * floats * sizeof(float) / Median(ours) / 1e6,6:F1} GB/s  copy {Median(copies),6:F1} ms ({2 * floats * sizeof(float) / Median(copies) / 1e6:F1} GB/s)  {bandwidth,5:P0} of the copy's bandwidth  TorchSharp {Median(theirs),7:F1} ms  {Ratio(theirs, ours):F2} times faster  {allocated} bytes allocated"));
        }
    }

    /// <summary>Until the last compilation of the code at work is done: it comes in the background, some time after the thirtieth call.</summary>
    private static void Warm(params Action[] works)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < WarmUp;)
        {
            foreach (var work in works)
                work();
        }
    }

    /// <summary>Median of the rounds' ratios: both sides of a round see the same machine.</summary>
    private static double Ratio(List<double> above, List<double> below) => Median([.. above.Zip(below, (a, b) => a / b)]);

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private static double Milliseconds(Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>One rank's gradient as it arrives: an array a bucket.</summary>
    private static float[][] Chunks(ParameterLayout layout) => [.. layout.Buckets.Select(b =>
    {
        var chunk = ArrayPool<float>.Shared.Rent(b.Length);
        Array.Fill(chunk, 1e-3f);
        return chunk;
    })];

    /// <summary>memcpy in buckets on the loop's threads.</summary>
    private sealed class CopyWork
    {
        private readonly ParameterLayout _layout;
        private readonly BucketLoop _loop;
        private readonly float[] _from;
        private readonly float[] _to;
        private readonly Action<int> _body;

        public CopyWork(ParameterLayout layout, BucketLoop loop)
        {
            (_layout, _loop, _from, _to) = (layout, loop, new float[layout.Length], new float[layout.Length]);
            Array.Fill(_from, 1);
            Array.Fill(_to, 1);
            _body = index =>
            {
                var bucket = _layout.Buckets[index];
                _from.AsSpan(bucket.Offset, bucket.Length).CopyTo(_to.AsSpan(bucket.Offset));
            };
        }

        public void Copy() => _loop.Run(_layout.Buckets.Count, _body);
    }

    /// <summary>
    /// The sum of the ranks' chunks by the server's <see cref="BucketSum"/>. It gives the arrays to the pool when it is done with them; nobody
    /// else here rents arrays of that size, so the same ones serve the next round.
    /// </summary>
    private sealed class AveragingWork
    {
        private readonly ParameterLayout _layout;
        private readonly BucketLoop _loop;
        private readonly BucketSum[] _sums;
        private readonly Action<int> _body;

        public AveragingWork(ParameterLayout layout, BucketLoop loop, float[][][] gradients)
        {
            (_layout, _loop) = (layout, loop);
            var tree = new RankTree(gradients.Length);
            _sums = [.. layout.Buckets.Select(b => new BucketSum(tree, b))];
            _body = index =>
            {
                _sums[index].Reset();
                for (var rank = 0; rank < gradients.Length; rank++)
                    _sums[index].Add(rank, 1, gradients[rank][index]);
            };
        }

        public void Sum() => _loop.Run(_layout.Buckets.Count, _body);
    }
}

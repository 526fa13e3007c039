using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>Gradient norm, noise scale and critical batch of each step, on one server and on several, and after a restore.</summary>
[Trait("Kind", "Fast")]
public sealed class GaugesTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const int Steps = 6;

    /// <summary>Eight buckets.</summary>
    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [
            new Segment("wide", SegmentKind.Weight, [10, 10], 0, new Initialization(InitializationKind.Uniform, 1)),
            new Segment("bias", SegmentKind.Bias, [10], 0, new Initialization(InitializationKind.Uniform, 1)),
        ],
        bucketLength: ParameterLayout.Alignment);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_are_those_of_the_whole_gradients_and_the_same_on_any_servers(bool clips)
    {
        var first = await TrainAsync(1, clips);
        Assert.Equal(first, await TrainAsync(2, clips));
        Assert.Equal(first, await TrainAsync(3, clips));
        var noise = default(NoiseScale);
        foreach (var (step, metrics) in first.Index())
        {
            float[][] pushed = [Gradient(step, 0), Gradient(step, 1)];
            var average = pushed[0].Zip(pushed[1], (a, b) => (double)(a + b)).Sum(g => g * g);
            // Two examples each: |G|² ≈ 2|ḡ|² − mean|gᵢ|², tr Σ ≈ 4 (mean|gᵢ|² − |ḡ|²), where gᵢ is twice what was pushed.
            var mean = pushed.Average(g => g.Sum(x => 4.0 * x * x));
            Assert.Equal(Math.Sqrt(average), metrics.GradientNorm, 1e-9);
            Assert.Equal((2 * average) - mean, metrics.Noise.GradientSquare, 1e-9);
            Assert.Equal(4 * (mean - average), metrics.Noise.Trace, 1e-9);
            noise = noise.With(new NoiseEstimate(metrics.Noise.GradientSquare, metrics.Noise.Trace), NoiseScale.Smoothing);
            Assert.Equal((noise.Square > 0, noise.Square > 0 ? noise.Scale : 0), (metrics.Noise.HasScale, metrics.Noise.Scale));
            Assert.Equal(noise.Square > 0 ? (long)Math.Round(Math.Clamp(noise.Scale, 1, 12)) : 0, metrics.Noise.CriticalBatch);
        }

        // Both sides are seen.
        Assert.Contains(first, m => m.Noise.HasScale);
        Assert.Contains(first, m => !m.Noise.HasScale);
    }

    /// <summary>The running means are no part of a checkpoint: they follow from the history that comes with it.</summary>
    [Fact]
    public async Task After_a_restore_they_go_on_as_if_nothing_had_happened()
    {
        var expected = await TrainAsync(2, clips: false);
        var job = await Job(2, clips: false).OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
            await StepsAsync(job, ranks, 0, 5);
        await job.SealAsync(3, 3);
        await job.RestoreAsync(3);
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await StepsAsync(job, ranks, 3, Steps);
            await ranks.LeaveAsync();
        }

        await job.StopAsync();
        Assert.Equal(expected, ReadHistory(job));
    }

    [Fact]
    public async Task One_rank_has_a_norm_and_no_noise()
    {
        var job = await new TinyJob(servers.All[0], "workers=1", $"steps={Steps}") { Layout = _layout }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await StepsAsync(job, ranks, 0, Steps);
        await ranks.LeaveAsync();
        await job.StopAsync();
        foreach (var (step, metrics) in ReadHistory(job).Index())
        {
            Assert.Equal(Math.Sqrt(Gradient(step, 0).Sum(g => (double)g * g)), metrics.GradientNorm, 1e-9);
            Assert.Null(metrics.Noise);
        }
    }

    private static float[] Gradient(long step, int rank)
    {
        var random = new Random((int)(100 * step) + rank);
        var gradient = new float[_layout.Length];
        foreach (var segment in _layout.Segments)
        {
            for (var i = segment.Offset; i < segment.End; i++)
                gradient[i] = (random.NextSingle() - (step < 2 ? 0.5f : 0.4f)) * (1 + step);
        }

        return gradient;
    }

    private TinyJob Job(int count, bool clips) => new([.. servers.All.Take(count)], [$"steps={Steps}", "checkpoint.everySteps=3", .. clips ? ["optimizer.clipNorm=0.5"] : Array.Empty<string>()])
    {
        Layout = _layout,
    };

    private async Task<IReadOnlyList<StepMetrics>> TrainAsync(int count, bool clips)
    {
        var job = await Job(count, clips).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await StepsAsync(job, ranks, 0, Steps);
        await ranks.LeaveAsync();
        await job.StopAsync();
        return ReadHistory(job);
    }

    private static async Task StepsAsync(TinyJob job, RankGroup ranks, long from, long to)
    {
        for (var step = from; step < to; step++)
        {
            for (var rank = 0; rank < job.Workers; rank++)
            {
                var gradient = Gradient(step, rank);
                foreach (var bucket in _layout.Buckets)
                {
                    var chunk = ranks[rank, job.ServerOf(bucket.Index)].Chunk(step, bucket.Index);
                    chunk.Gradient.SquaredNorm = SquaredNorm.Of<float>(gradient.AsSpan(bucket.Offset, bucket.Length));
                    await ranks[rank, job.ServerOf(bucket.Index)].PushAsync(chunk, gradient);
                }
            }

            await ranks.ReceiveAsync(step + 1);
        }
    }

    /// <summary>The steps of the file, without their times.</summary>
    private static IReadOnlyList<StepMetrics> ReadHistory(TinyJob job) =>
        [.. MetricsLine.ReadAll(Path.Combine(job.Folder, MetricsLine.FileName)).Select(line => line.Event!.Step).OfType<StepMetrics>().Select(step =>
        {
            step.Milliseconds = 0;
            return step;
        })];
}

using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Updates;

/// <summary>Running statistics of BatchNorm are those of all examples together, however unevenly the ranks share them.</summary>
[Trait("Kind", "Fast")]
public sealed class StatisticsTests(RealServer server) : IClassFixture<RealServer>
{
    [Theory]
    [InlineData(8, 0, 0, 0)]
    [InlineData(0, 5, 1, 2)]
    [InlineData(3, 0, 4, 1)]
    [InlineData(2, 2, 2, 2)]
    public async Task Batch_moments_are_merged_by_count(params int[] examples)
    {
        var job = await new TinyJob(server, "workers=4", "batch=8", "batchNorm.momentum=0.25") { TrainExamples = 24 }.OpenAsync();
        var statistics = TinyModel.Statistics;
        var samples = examples.Select(n => Samples(n * statistics.PositionsPerExample, statistics.Shape[0])).ToArray();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var rank = 0; rank < 4; rank++)
        {
            var gradient = new float[job.Layout.Length];
            for (var channel = 0; channel < statistics.Shape[0]; channel++)
            {
                var (mean, variance) = Moments(samples[rank][channel]);
                gradient[statistics.Offset + (2 * channel)] = (float)mean;
                gradient[statistics.Offset + (2 * channel) + 1] = (float)variance;
            }

            foreach (var bucket in job.Layout.Buckets)
                await ranks[rank].PushAsync(0, bucket.Index, examples[rank], gradient);
        }

        await ranks.ReceiveAsync(1);
        for (var channel = 0; channel < statistics.Shape[0]; channel++)
        {
            double[] all = [.. samples.SelectMany(s => s[channel])];
            var (mean, variance) = Moments(all);
            var unbiased = variance * all.Length / (all.Length - 1);
            CheckClose(0.25 * mean, ranks.Vector[statistics.Offset + (2 * channel)]);
            CheckClose(0.75 + (0.25 * unbiased), ranks.Vector[statistics.Offset + (2 * channel) + 1]);
        }
    }

    [Fact]
    public async Task Unequal_and_empty_shares_give_the_bits_of_the_reference()
    {
        int[] examples = [0, 3, 0, 1, 4];
        var job = await new TinyJob(server, "workers=5", "batch=8") { TrainExamples = 24 }.OpenAsync();
        var reference = new ReferenceTraining(job);
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 3; step++)
        {
            await ranks.StepAsync(step, examples: examples);
            reference.Step(step, examples);
        }

        SameBits.Check(reference.Vector, ranks.Vector);
    }

    /// <summary>To a few roundings of float32.</summary>
    private static void CheckClose(double expected, double actual) => Assert.Equal(expected, actual, 1e-6 * (1 + Math.Abs(expected)));

    /// <summary>By channel; each channel has another mean and spread, and so has each rank.</summary>
    private static double[][] Samples(int count, int channels)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, channels).Select(c => Enumerable.Range(0, count).Select(_ => c + count + (random.NextDouble() * (c + 1) / 10)).ToArray())];
    }

    private static (double Mean, double Variance) Moments(double[] values)
    {
        if (values.Length == 0)
            return (float.NaN, float.NaN);
        var mean = values.Average();
        return (mean, values.Average(v => (v - mean) * (v - mean)));
    }
}

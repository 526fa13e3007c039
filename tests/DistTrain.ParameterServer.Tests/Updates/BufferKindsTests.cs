using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Updates;

/// <summary>Buffers other than BatchNorm's statistics, over the real exchange: (mean, deviation) pairs, and vectors of power iterations.</summary>
[Trait("Kind", "Fast")]
public sealed class BufferKindsTests(RealServer server) : IClassFixture<RealServer>
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("fc.weight_orig", SegmentKind.Weight, [20, 3], 0, Initialization.FanIn(3)),
            new Segment("norm.statistics", SegmentKind.Deviations, [20, 2], 0, new Initialization(InitializationKind.Statistics), PositionsPerExample: 2),
            new Segment("fc.weight_u", SegmentKind.PowerVector, [20], 0, new Initialization(InitializationKind.UnitVector)),
        ],
        bucketLength: 16);

    [Theory]
    [InlineData(0, 5, 3)]
    [InlineData(5, 3, 0)]
    [InlineData(0, 0, 8)]
    public async Task They_are_taken_from_the_ranks_that_have_examples(params int[] examples)
    {
        var job = await new TinyJob(server, "workers=3", "batch=8", "batchNorm={momentum: 0.25, epsilon: 0.75}") { Layout = Layout, TrainExamples = 24 }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var (statistics, vector) = (Layout.Segments[1], Layout.Segments[2]);
        for (var step = 0; step < 2; step++)
        {
            var next = Enumerable.Range(0, 20).Select(i => (i + step) / 60f).ToArray();
            for (var rank = 0; rank < 3; rank++)
            {
                var gradient = new float[Layout.Length];
                for (var i = statistics.Offset; examples[rank] > 0 && i < statistics.End; i += 2)
                    (gradient[i], gradient[i + 1]) = (step + 1, 1.5f);
                if (examples[rank] > 0)
                    next.CopyTo(gradient, vector.Offset);
                foreach (var bucket in Layout.Buckets)
                    await ranks[rank].PushAsync(step, bucket.Index, examples[rank], gradient);
            }

            await ranks.ReceiveAsync(step + 1);
            Assert.Equal(next, ranks.Vector.AsSpan(vector.Offset, vector.Length).ToArray());
        }

        // Means 1 and then 2, deviations sqrt(1.5 + 0.75) both times, from (0, 1).
        for (var i = statistics.Offset; i < statistics.End; i += 2)
        {
            Assert.Equal((0.75 * 0.25 * 1) + (0.25 * 2), ranks.Vector[i], 1e-6);
            Assert.Equal((0.75 * ((0.75 * 1) + (0.25 * 1.5))) + (0.25 * 1.5), ranks.Vector[i + 1], 1e-6);
        }
    }
}

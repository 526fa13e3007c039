using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Tests.Optimizers;

namespace DistTrain.ParameterServer.Tests.Exchanges;

/// <summary>Norms of a tensor that lies on three servers, and of the whole gradient, are those of one server to the bit, and right.</summary>
[Trait("Kind", "Fast")]
public sealed class NormsOverServersTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const int Steps = 5;

    /// <summary>Eight buckets: seven of one tensor, one of another.</summary>
    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [
            new Segment("wide", SegmentKind.Weight, [10, 10], 0, new Initialization(InitializationKind.Uniform, 1)),
            new Segment("bias", SegmentKind.Bias, [10], 0, new Initialization(InitializationKind.Uniform, 1)),
        ],
        bucketLength: ParameterLayout.Alignment);

    public static TheoryData<string, string[]> Rules => new()
    {
        { "lars", ["weightDecay=0.01", "coefficient=0.02", "adaptExclude=[]"] },
        { "lars", ["weightDecay=0.01", "coefficient=0.5", "form=torch", "clip=true"] },
        { "lars", ["clipNorm=0.7"] },
        { "lamb", ["adaptExclude=[]", "decayExclude=[]"] },
        { "lamb", ["variant=nvlamb"] },
        { "momentum", ["clipNorm=0.5"] },
        { "adam", ["clipNorm=0.5", "lr=0.01"] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task One_two_and_three_servers_give_the_same_bits_and_the_formulas_values(string name, string[] options)
    {
        var (first, job) = await TrainAsync(1, name, options);
        SameBits.Check(first, (await TrainAsync(2, name, options)).Vector);
        SameBits.Check(first, (await TrainAsync(3, name, options)).Vector);
        var expected = InFloat64(job);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - first[i]) <= 1e-6 + (1e-5 * Math.Abs(expected[i])), $"element {i}: {first[i]:R}, not {expected[i]:R}");
    }

    private static float[] Gradient(long step, int rank)
    {
        var random = new Random((int)(100 * step) + rank);
        var gradient = new float[_layout.Length];
        foreach (var segment in _layout.Segments)
        {
            for (var i = segment.Offset; i < segment.End; i++)
                gradient[i] = (random.NextSingle() - 0.5f) * (step == 0 ? 0.1f : 1);
        }

        return gradient;
    }

    /// <summary>The version after the last step, and the job that made it.</summary>
    private async Task<(float[] Vector, TinyJob Job)> TrainAsync(int count, string name, string[] options)
    {
        var job = await new TinyJob([.. servers.All.Take(count)], [$"steps={Steps}", $"optimizer.name={name}", .. options.Select(o => $"optimizer.{o}")])
        {
            Layout = _layout,
        }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < Steps; step++)
        {
            for (var rank = 0; rank < job.Workers; rank++)
            {
                foreach (var bucket in _layout.Buckets)
                    await ranks[rank, job.ServerOf(bucket.Index)].PushAsync(step, bucket.Index, gradient: Gradient(step, rank));
            }

            await ranks.ReceiveAsync(step + 1);
        }

        return (ranks.Vector, job);
    }

    private static double[] InFloat64(TinyJob job)
    {
        var recipe = job.Job.Spec.Optimizer;
        var optimizer = OptimizerByName.Create<double>(recipe.Name, recipe.Options.All.ToDictionary(o => o.Key, o => o.Value));
        var update = new FlatUpdate<double>(optimizer, _layout, _layout.Buckets);
        var limit = recipe.Options.Number("clipNorm") is > 0 and var given ? given : recipe.Name == "lamb" && recipe.Options.Choice("variant") == "nvlamb" ? 1 : 0;
        var start = new float[_layout.Length];
        VersionZero.Fill(_layout, job.Job.Spec.Seed, 0, start);
        var w = Array.ConvertAll(start, x => (double)x);
        var (clipped, unclipped) = (0, 0);
        for (var step = 0L; step < Steps; step++)
        {
            var g = Gradient(step, 0).Zip(Gradient(step, 1), (a, b) => (double)a + b).ToArray();
            var norm = Math.Sqrt(g.Sum(x => x * x));
            var scale = limit > 0 && norm > limit ? limit / norm : 1;
            _ = scale < 1 ? clipped++ : unclipped++;
            var rate = recipe.Options.Number("lr");
            var time = new UpdateTime(step, rate, rate, step * 4 / 12.0, scale);
            var next = (double[])w.Clone();
            foreach (var bucket in _layout.Buckets.Where(_ => optimizer.Norms > 0))
                update.Measure(bucket, time, Of(w, bucket), Of(g, bucket), Of(next, bucket));
            update.Combine(update.PieceSums.Span);
            foreach (var bucket in _layout.Buckets)
                update.Step(bucket, time, Of(w, bucket), Of(g, bucket), Of(next, bucket));
            w = next;
        }

        // Where there is a limit, both of its sides are seen.
        Assert.Equal(limit > 0, clipped > 0 && unclipped > 0);
        return w;

        static Span<double> Of(double[] vector, Bucket bucket) => vector.AsSpan(bucket.Offset, bucket.Length);
    }
}

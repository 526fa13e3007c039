using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Tests.Optimizers;

namespace DistTrain.ParameterServer.Tests.Updates;

/// <summary>
/// The reference cases of the optimizers by real servers: job files, pushes, norms over servers and pulls. Servers start from the cases'
/// weights; a third tensor, 0 throughout, gives a third server a bucket and changes no norm of the others.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class ReferenceVectorTests(ReferenceVectorTests.StartingServers servers) : IClassFixture<ReferenceVectorTests.StartingServers>
{
    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [.. OptimizerCases.Layout.Segments, new Segment("rest", SegmentKind.Weight, [16], 0, Initialization.Zero)],
        bucketLength: ParameterLayout.Alignment);

    public static TheoryData<string> Names => OptimizerCases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_case_is_met_by_one_server_and_by_three_to_the_same_bits(string name)
    {
        var expected = OptimizerCases.Of(name);
        var trajectory = expected.Trajectory32?.Select(w => Array.ConvertAll(w, x => (double)x)).ToList() ?? expected.Trajectory;
        var byOne = await TrainAsync(expected, [servers.All[0]]);
        foreach (var (step, w) in trajectory.Index())
        {
            for (var i = 0; i < w.Length; i++)
                Assert.True(Math.Abs(w[i] - byOne[step][i]) <= 1e-6 + (1e-5 * Math.Abs(w[i])), $"element {i} after step {step}: {byOne[step][i]:R}, not {w[i]:R}");
            Assert.All(byOne[step][w.Length..], x => Assert.Equal(0, x));
        }

        var byThree = await TrainAsync(expected, servers.All);
        foreach (var (one, three) in byOne.Zip(byThree))
            SameBits.Check(one, three);
    }

    /// <summary>The weights after each step.</summary>
    private static async Task<List<float[]>> TrainAsync(OptimizerCase expected, IReadOnlyList<RealServer> servers)
    {
        var job = await new TinyJob(servers, [$"steps={expected.Steps}", $"optimizer.name={expected.OptimizerName}", .. Options(expected), .. Schedule(expected)])
        {
            Layout = _layout,
        }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var after = new List<float[]>();
        for (var step = 0; step < expected.Steps; step++)
        {
            // Two halves are exactly the whole.
            var half = new float[_layout.Length];
            Array.ConvertAll(expected.Gradients[step], g => (float)g / 2).CopyTo(half, 0);
            foreach (var bucket in _layout.Buckets)
            {
                for (var rank = 0; rank < job.Workers; rank++)
                    await ranks[rank, job.ServerOf(bucket.Index)].PushAsync(step, bucket.Index, gradient: half);
            }

            await ranks.ReceiveAsync(step + 1);
            after.Add([.. ranks.Vector]);
        }

        Assert.All(await job.FinishedAsync(), s => Assert.Equal("", s.Error));
        await job.StopAsync();
        await job.ReleaseAsync();
        return after;
    }

    private static IEnumerable<string> Options(OptimizerCase expected) => expected.Options.Select(option => option.Value switch
    {
        double number => $"optimizer.{option.Key}={number:R}",
        bool flag => $"optimizer.{option.Key}={(flag ? "true" : "false")}",
        IReadOnlyList<string> names => $"optimizer.{option.Key}=[{string.Join(", ", names)}]",
        var choice => $"optimizer.{option.Key}={choice}",
    });

    /// <summary>The rates of the cases that have their own: four steps up, then linearly down to the end.</summary>
    private static IEnumerable<string> Schedule(OptimizerCase expected)
    {
        if (expected.Rates.Distinct().Count() == 1)
            return [];
        Assert.EndsWith("_varying_lr", expected.Name, StringComparison.Ordinal);
        var lr = (double)expected.Options["lr"];
        for (var step = 0; step < expected.Steps; step++)
            Assert.Equal(lr * (step < 4 ? (step + 1) / 4.0 : 1 - ((step - 4) / 8.0)), expected.Rates[step], 1e-15);
        return ["schedule.name=polynomial", "schedule.power=1", "schedule.unit=steps", "schedule.warmupSteps=4"];
    }

    /// <summary>Three servers whose jobs start from the cases' weights, which are the same in all of them.</summary>
    public sealed class StartingServers : IAsyncLifetime
    {
        private static readonly FirstVersion _start = (_, _, offset, vector) =>
        {
            vector.Clear();
            var start = Array.ConvertAll(OptimizerCases.Of("sgd").Start, w => (float)w);
            if (offset < start.Length)
                start.AsSpan(offset, Math.Min(vector.Length, start.Length - offset)).CopyTo(vector);
        };

        public IReadOnlyList<RealServer> All { get; } = [.. Enumerable.Range(0, 3).Select(_ => new RealServer { FirstVersion = _start })];

        public async ValueTask InitializeAsync()
        {
            foreach (var server in All)
                await server.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in All)
                await server.DisposeAsync();
        }
    }
}

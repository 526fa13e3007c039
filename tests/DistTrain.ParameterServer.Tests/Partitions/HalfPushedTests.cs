using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Partitions;

/// <summary>
/// A rank that dies between its pushes to two servers, at every step of a job: it begins again where the slower server is, and each step closes
/// once, with the bits of a job that nothing happened to.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class HalfPushedTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    /// <summary>Each server steps on its own, so the first is a version ahead: also of the last one.</summary>
    [Fact]
    public Task Where_buckets_are_stepped_at_once() => SameAsUndisturbedAsync(firstServerGoesAhead: true, "optimizer.name=momentum");

    [Theory]
    [InlineData("optimizer.name=lars")]
    [InlineData("optimizer.name=lamb", "optimizer.variant=nvlamb")]
    [InlineData("optimizer.clipNorm=0.1")]
    [InlineData("scaling.rule=adascale")]
    public Task Where_norms_span_servers(params string[] overrides) => SameAsUndisturbedAsync(firstServerGoesAhead: false, overrides);

    private async Task SameAsUndisturbedAsync(bool firstServerGoesAhead, params string[] overrides)
    {
        string[] all = ["workers=3", "steps=5", .. overrides];
        var undisturbed = await new TinyJob([servers.All[0]], all).OpenAsync();
        await using var expected = await Cohort.AttachAsync(undisturbed);
        await expected.TrainAsync();

        var job = await new TinyJob([servers.All[1], servers.All[2]], all).OpenAsync();
        await using var actual = await Cohort.AttachAsync(job, rank => new Trainee(job, rank)
        {
            DiesAt = _ => rank == 1,
            FirstServerGoesAhead = firstServerGoesAhead,
        });
        await actual.TrainAsync();
        for (var version = 0L; version <= 5; version++)
            actual.Check(version, expected.Ranks[0].Versions[version].Vector);
        Assert.All(await job.FinishedAsync(), s => Assert.Equal((5, ""), (s.Version, s.Error)));
        await job.StopAsync();
        Assert.Equal(5, (await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"))).Length);
    }
}

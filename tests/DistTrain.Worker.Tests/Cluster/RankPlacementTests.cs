using CsCheck;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public class RankPlacementTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(0, 9).Select(MembershipEntries.Silo)];

    [Fact]
    public void Ranks_are_spread_evenly_whatever_the_job() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Int[1, 40], Gen.Int[1, Silos.Length]).Sample((job, ranks, silos) =>
        {
            var counts = Place(job, ranks, Silos[..silos]).CountBy(silo => silo).Select(pair => pair.Value).ToList();
            Assert.Equal(Math.Min(ranks, silos), counts.Count);
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        });

    [Fact]
    public void The_order_in_which_a_silo_knows_the_others_does_not_matter() =>
        Gen.Shuffle(Silos).Sample(shuffled => Assert.Equal(Place("job", 20, Silos), Place("job", 20, shuffled)));

    /// <summary>These must never change: silos of different builds would disagree where a rank belongs.</summary>
    [Theory]
    [InlineData("mnist-1", 0, 0)]
    [InlineData("cifar10-2", 0, 2)]
    [InlineData("cifar10-2", 1, 3)]
    [InlineData("cifar10-2", 2, 0)]
    [InlineData("job", 4, 1)]
    public void The_place_is_the_same_in_every_process(string job, int rank, int silo) =>
        Assert.Equal(Silos[silo], RankPlacementDirector.Choose(new RankKey(job, rank), Silos[..4]));

    [Fact]
    public void First_ranks_of_many_jobs_do_not_all_meet_on_one_silo()
    {
        var counts = Enumerable.Range(0, 400).Select(i => Place($"job-{i}", 1, Silos[..4]).Single()).CountBy(silo => silo).ToList();
        Assert.Equal(4, counts.Count);
        Assert.All(counts, pair => Assert.InRange(pair.Value, 60, 140));
    }

    [Fact]
    public void A_key_is_the_job_and_the_rank()
    {
        Assert.Equal(new RankKey("mnist-1", 12), RankKey.Parse("mnist-1/12"));
        Assert.Equal("mnist-1/12", new RankKey("mnist-1", 12).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("mnist-1")]
    [InlineData("/1")]
    [InlineData("mnist-1/")]
    [InlineData("mnist-1/-1")]
    [InlineData("mnist-1/one")]
    public void Other_keys_are_refused(string key) =>
        Assert.Contains($"'{key}'", Assert.Throws<FormatException>(() => RankKey.Parse(key)).Message, StringComparison.Ordinal);

    private static List<SiloAddress> Place(string job, int ranks, SiloAddress[] silos) =>
        [.. Enumerable.Range(0, ranks).Select(rank => RankPlacementDirector.Choose(new RankKey(job, rank), silos))];
}

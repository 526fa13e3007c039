using CsCheck;
using DistTrain.Worker.Jobs.Driving;

namespace DistTrain.Worker.Tests.Jobs.Driving;

[Trait("Kind", "Fast")]
public class RankBalanceTests
{
    private static readonly string[] Silos = [.. Enumerable.Range(0, 8).Select(i => $"S127.0.0.1:{20000 + i}:{i}")];

    /// <summary>Ranks as they lie on n silos after any past.</summary>
    private static readonly Gen<(string[] Places, string[] Takers)> AnyPlaces =
        from takers in Gen.Int[1, Silos.Length]
        from places in Gen.Int[0, takers - 1].Array[0, 40]
        select (places.Select(i => Silos[i]).ToArray(), Silos[..takers]);

    [Fact]
    public void Moves_end_in_an_even_share_and_none_leads_back() => AnyPlaces.Sample(any =>
    {
        var (places, moves) = Settle(any.Places, any.Takers);
        var counts = Counts(places, any.Takers);
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        Assert.Equal(moves.Count, moves.Select(move => move.Rank).Distinct().Count());
        Assert.Empty(moves.Select(move => move.From).Intersect(moves.Select(move => move.To)));
    });

    [Fact]
    public void There_is_no_way_with_fewer_moves() => AnyPlaces.Sample(any =>
    {
        // The fullest silos keep the ranks that do not divide evenly.
        var (share, over) = Math.DivRem(any.Places.Length, any.Takers.Length);
        var needed = Counts(any.Places, any.Takers).OrderDescending().Select((count, i) => Math.Max(0, count - share - (i < over ? 1 : 0))).Sum();
        Assert.Equal(needed, Settle(any.Places, any.Takers).Moves.Count);
    });

    [Fact]
    public void A_silo_that_joins_takes_its_share_and_the_others_stay()
    {
        var (places, moves) = Settle([Silos[0], Silos[1], Silos[0], Silos[1]], Silos[..4]);
        Assert.Equal(2, moves.Count);
        Assert.Equal([Silos[2], Silos[3]], moves.Select(move => move.To));
        Assert.Equal(Silos[..4], places.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_difference_of_one_moves_nothing(int ranks) =>
        Assert.Null(RankBalance.Next([.. Silos.Take(ranks)], Silos[..2]));

    [Fact]
    public void While_a_rank_is_on_a_silo_that_leaves_nothing_moves() =>
        Assert.Null(RankBalance.Next([Silos[0], Silos[0], Silos[0], Silos[7]], Silos[..3]));

    [Fact]
    public void Nothing_moves_when_no_silo_takes_ranks() => Assert.Null(RankBalance.Next([], []));

    private static (string[] Places, List<RankMove> Moves) Settle(string[] start, string[] takers)
    {
        var (places, moves) = (start.ToArray(), new List<RankMove>());
        while (RankBalance.Next(places, takers) is { } move)
        {
            Assert.Equal(places[move.Rank], move.From);
            places[move.Rank] = move.To;
            moves.Add(move);
            Assert.True(moves.Count <= start.Length, "ranks move for ever");
        }

        return (places, moves);
    }

    private static List<int> Counts(string[] places, string[] takers) => [.. takers.Select(silo => places.Count(place => place == silo))];
}

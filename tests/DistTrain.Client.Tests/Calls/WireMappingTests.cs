using DistTrain.Client.Calls;

namespace DistTrain.Client.Tests.Calls;

[Trait("Kind", "Fast")]
public class WireMappingTests
{
    public static TheoryData<Protocol.LogKind> Kinds => [.. Enum.GetValues<Protocol.LogKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_line_of_the_log_keeps_what_it_is_about(Protocol.LogKind kind) =>
        Assert.Equal(new LogLine(DateTimeOffset.UnixEpoch, "told", Enum.Parse<LogKind>($"{kind}")), WireMapping.Of(Told(kind)));

    [Fact]
    public void What_a_later_version_tells_of_is_a_note() =>
        Assert.Equal(LogKind.Note, Assert.IsType<LogLine>(WireMapping.Of(Told((Protocol.LogKind)99))).Kind);

    [Fact]
    public void Where_time_goes_is_told_by_rank_and_nobody_is_null()
    {
        Protocol.RankTiming rank = new() { Rank = 1, Silo = "a:1", Compute = 1, Push = 2, Wait = 3, Update = 4, Pull = 5, IsSlow = true };
        var told = Assert.IsType<RankTimings>(WireMapping.Of(new Protocol.JobEvent { Ranks = new Protocol.RankTimings { Ranks = { rank, new Protocol.RankTiming { Rank = 2 } } } }));
        Assert.Equal([new RankTiming(1, "a:1", true) { Compute = 1, Push = 2, Wait = 3, Update = 4, Pull = 5 }, new RankTiming(2, null, false)], told.Ranks);
        Assert.Null(told.Hangs);
    }

    private static Protocol.JobEvent Told(Protocol.LogKind kind) => new() { Log = new Protocol.LogLine { Text = "told", Kind = kind } };
}

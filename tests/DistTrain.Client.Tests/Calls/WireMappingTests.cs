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

    private static Protocol.JobEvent Told(Protocol.LogKind kind) => new() { Log = new Protocol.LogLine { Text = "told", Kind = kind } };
}

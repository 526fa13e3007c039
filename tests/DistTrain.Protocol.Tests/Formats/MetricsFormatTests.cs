using System.Text;
using DistTrain.Protocol.Formats;

namespace DistTrain.Protocol.Tests.Formats;

/// <summary>Each line of <c>metrics.jsonl</c> says its version.</summary>
[Trait("Kind", "Fast")]
public sealed class MetricsFormatTests
{
    private static readonly MetricsEvent _event = new() { Statistics = new StatisticsMetrics { Step = 8 } };

    [Fact]
    public void A_line_says_its_version() =>
        Assert.Equal("""{"event":"statistics","step":8,"format":1}""", Encoding.UTF8.GetString(MetricsJson.Write(_event)));

    [Fact]
    public void A_line_from_before_lines_said_it_is_read() => Assert.Equal(_event, MetricsJson.Read("""{"event":"statistics","step":8}"""));

    [Fact]
    public void A_line_of_a_later_version_is_refused_whatever_it_holds()
    {
        var refused = Assert.Throws<UnknownFormatException>(() => MetricsJson.Read("""{"event":"dream","format":2}""", "run/metrics.jsonl:7"));
        Assert.Equal("run/metrics.jsonl:7: a line of a run's history of version 2, and this program reads version 1; use the version of DistTrain that wrote it", refused.Message);
    }
}

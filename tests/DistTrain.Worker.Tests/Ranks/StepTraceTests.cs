using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Ranks;

[Trait("Kind", "Fast")]
public class StepTraceTests
{
    [Fact]
    public void Where_nobody_listens_nothing_is_kept() =>
        Assert.Null(StepTrace.Of(new RankAssignment("mnist", 0, 1, "", [], "", "", new Dictionary<string, string>())));
}

using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Jobs.Door;

[Trait("Kind", "Fast")]
public class StepTimeTests
{
    [Fact]
    public void What_even_the_fastest_to_be_answered_waits_is_the_update_and_the_rest_is_for_others()
    {
        var rows = StepTime.Rows([Rank(compute: 10, wait: 25), Rank(compute: 30, wait: 5), Rank(compute: 11, wait: 24)]);
        Assert.Equal([20, 0, 19], rows.Select(row => row.Wait));
        Assert.All(rows, row => Assert.Equal(5, row.Update));
        Assert.Equal([1], rows.Where(row => row.IsSlow).Select(row => row.Rank));
        Assert.Equal("127.0.0.1:11111", rows[0].Silo);
    }

    [Fact]
    public void Ranks_that_have_made_no_step_have_no_time_and_one_that_does_not_answer_is_there()
    {
        Assert.Empty(StepTime.Rows([Rank(), Rank()]));
        Assert.Empty(StepTime.Rows([]));
        var rows = StepTime.Rows([Rank(compute: 10), null]);
        Assert.Equal([0, 1], rows.Select(row => row.Rank));
        Assert.Empty(rows[1].Silo);
    }

    [Fact]
    public void A_step_that_goes_on_waits_for_nothing()
    {
        Assert.Null(StepTime.Hangs([]));
        Assert.Null(StepTime.Hangs([Rank(RankStage.Compute, 0.1), Rank(RankStage.Wait, 60)]));
        Assert.Null(StepTime.Hangs([Rank(RankStage.Wait, 0.1), Rank(RankStage.Wait, 60)]));
        Assert.Null(StepTime.Hangs([Rank(RankStage.Compute, 60) with { State = RankState.Finished }]));
    }

    [Fact]
    public void Who_holds_a_step_up_is_named_with_what_they_do()
    {
        Assert.Equal(
            "rank 1, which computes since 12 s at 127.0.0.1:11111",
            StepTime.Hangs([Rank(RankStage.Wait, 11), Rank(RankStage.Compute, 12), Rank(RankStage.Wait, 11)]));
        Assert.Equal("rank 0, whose silo does not answer", StepTime.Hangs([null, Rank(RankStage.Wait, 11)]));
        Assert.StartsWith("the servers, which have every rank's gradient since 4 s", StepTime.Hangs([Rank(RankStage.Wait, 4), Rank(RankStage.Wait, 9)]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_measures_the_parts_of_its_steps()
    {
        var times = new RankTimes();
        Assert.Equal((RankStage.Other, 0), (times.Now().Stage, times.Now().Compute));
        var began = times.Enter(RankStage.Compute);
        Assert.Equal(RankStage.Compute, times.Now().Stage);
        var ms = System.Diagnostics.Stopwatch.Frequency / 1000;
        // All of it in the past; a bucket that came back before the last had left made no wait of less than nothing.
        times.Stepped(began - (30 * ms), began - (20 * ms), began - (15 * ms), began - (17 * ms));
        var now = times.Now();
        Assert.Equal((10, 5, 0), (Math.Round(now.Compute, 6), Math.Round(now.Push, 6), Math.Round(now.Wait, 6)));
        Assert.True(now.Pull >= 15);
        Assert.Equal(RankStage.Other, now.Stage);
    }

    private static RankProgress Rank(RankStage stage = RankStage.Wait, double seconds = 0, double compute = 0, double wait = 0) =>
        new(RankState.Running, 7, "S127.0.0.1:11111:9", null, null, null, new RankTime(stage, seconds, compute, 0, wait, 1));
}

namespace DistTrain.Protocol.Tests;

[Trait("Kind", "Fast")]
public sealed class RunSummaryTests
{
    [Fact]
    public void Nothing_gives_an_empty_result() => Assert.Equal(new JobResult(), RunSummary.Of([]));

    [Theory]
    [InlineData(20.0, 1000.0, 20.0)]
    [InlineData(20.0, 1000.0, 30.0, 10.0)]
    [InlineData(25.0, 1000.0, 30.0, 10.0, 40.0, 20.0)]
    public void The_median_leaves_the_first_step_out_when_there_are_others(double median, double first, params double[] others)
    {
        double[] times = [first, .. others];
        var result = RunSummary.Of([.. times.Select((t, i) => Step(i + 1, milliseconds: t))]);
        Assert.Equal(median, result.StepMillisecondsMedian);
    }

    [Fact]
    public void A_single_step_is_timed_by_itself()
    {
        var result = RunSummary.Of([Step(1, milliseconds: 50)]);
        Assert.Equal((50, 80), (result.StepMillisecondsMedian, result.ImagesPerSecond));
    }

    [Fact]
    public void Images_a_second_and_the_overhead_share_come_from_the_timed_steps()
    {
        var result = RunSummary.Of([Step(1, milliseconds: 900, compute: 1), Step(2, milliseconds: 10, compute: 9), Step(3, milliseconds: 30, compute: 15)]);
        Assert.Equal(8 / 0.040, result.ImagesPerSecond, 1e-9);
        Assert.Equal((0.1 + 0.5) / 2, result.OverheadShare, 1e-9);
    }

    [Fact]
    public void The_loss_is_the_mean_over_the_examples_of_the_last_epoch()
    {
        // An epoch of 4 + 4 + 2 examples, twice.
        int[] examples = [4, 4, 2, 4, 4, 2];
        double[] epochs = [0.4, 0.8, 1, 1.4, 1.8, 2];
        var result = RunSummary.Of([.. Enumerable.Range(0, 6).Select(i => Step(i + 1, epochs[i], loss: i, examples: examples[i]))]);
        Assert.Equal(((3 * 4) + (4 * 4) + (5 * 2)) / 10.0, result.TrainLoss);
        Assert.Equal((6, 2), (result.Steps, result.Epochs));
    }

    [Fact]
    public void A_run_that_ended_inside_an_epoch_counted_one_step_more_than_an_epoch()
    {
        // 1 + 4/12 − 1 is a little less than 4/12.
        var result = RunSummary.Of([.. Enumerable.Range(0, 4).Select(i => Step(i + 1, epoch: ((i + 1) / 3) + ((i + 1) % 3 * 4 / 12.0), loss: i))]);
        Assert.Equal((1 + 2 + 3) / 3.0, result.TrainLoss);
    }

    [Fact]
    public void Fewer_steps_than_an_epoch_are_all_taken()
    {
        var result = RunSummary.Of([Step(1, 0.1, loss: 2), Step(2, 0.2, loss: 4)]);
        Assert.Equal(3, result.TrainLoss);
    }

    [Fact]
    public void The_last_evaluation_stands_for_the_run()
    {
        var result = RunSummary.Of([Evaluation(0.4), Step(1), Evaluation(0.7)]);
        Assert.Equal((0.7, 1.7), (result.TestAccuracy, result.TestLoss));
    }

    private static MetricsEvent Step(long step, double epoch = 1, double loss = 1, int examples = 4, double milliseconds = 10, double compute = 5) => new()
    {
        Step = new StepMetrics
        {
            Step = step,
            Epoch = epoch,
            Loss = loss,
            Examples = examples,
            Milliseconds = milliseconds,
            ComputeMilliseconds = compute,
        },
    };

    private static MetricsEvent Evaluation(double accuracy) => new() { Evaluation = new EvaluationMetrics { Accuracy = accuracy, Loss = accuracy + 1 } };
}

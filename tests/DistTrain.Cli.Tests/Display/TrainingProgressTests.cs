using DistTrain.Cli.Display;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Client;

namespace DistTrain.Cli.Tests.Display;

[Trait("Kind", "Fast")]
public class TrainingProgressTests
{
    [Fact]
    public void Nothing_is_claimed_before_the_first_step()
    {
        var progress = new TrainingProgress();
        progress.Apply(Events.State(JobState.Running, 0, 10));
        Assert.Null(progress.Loss);
        Assert.Null(progress.ImagesPerSecond);
        Assert.Null(progress.Remaining);
        Assert.Equal("step 0/10", ProgressText.Steps(progress));
    }

    [Fact]
    public void The_first_value_is_not_biased_and_older_ones_fade()
    {
        var mean = new DecayingMean(0.5);
        mean.Add(8);
        Assert.Equal(8, mean.Value);
        mean.Add(2);
        Assert.Equal(4, mean.Value!.Value, 12); // (8·0.5 + 2) / 1.5
    }

    [Fact]
    public void Speed_and_remaining_time_follow_from_the_steps()
    {
        var progress = new TrainingProgress();
        progress.Apply(Events.State(JobState.Running, 0, 10));
        for (var step = 1; step <= 5; step++)
            progress.Apply(Events.Step(step, loss: 1));
        progress.Apply(Events.Evaluation(5, 0.9));

        Assert.Equal(2000, progress.ImagesPerSecond!.Value, 6); // 128 examples in 64 ms
        Assert.Equal(TimeSpan.FromMilliseconds(320), progress.Remaining);
        Assert.Equal(1, progress.Loss!.Value, 12);
        Assert.Equal(0.9, progress.TestAccuracy);
        Assert.Equal(
            "step 5/10  epoch 0.50  loss 1  train 50.00 %  test 90.00 %  2,000 examples/s  rate 0.1  0:00 left", ProgressText.Line(progress));
    }
}

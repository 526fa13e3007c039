using DistTrain.Page.Data;
using DistTrain.Protocol;

namespace DistTrain.Page.Tests.Data;

[Trait("Kind", "Fast")]
public class RunCurvesTests
{
    [Fact]
    public void A_run_of_few_steps_has_all_of_them()
    {
        List<MetricsEvent> events = [.. SampleRun.Events(700)];
        var series = Of(events);
        Assert.Equal(1, series.Width);
        Assert.Null(series.Means);
        Assert.Equal(events.Select(e => e.Step).OfType<StepMetrics>().Select(s => s.Loss), series.Steps.Loss);
        Assert.Equal(events.Select(e => e.Evaluation).OfType<EvaluationMetrics>().Select(s => (double?)s.Accuracy), series.Evaluations.Select(e => e.Accuracy));
    }

    /// <summary>A regression has no accuracy to draw, and R² and mean error where it would be; means over steps are by their examples.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(20_000)]
    public void A_regression_has_R2_and_mean_error_in_place_of_the_accuracy(int steps)
    {
        List<MetricsEvent> events = [.. SampleRun.Events(steps)];
        foreach (var step in events.Select(e => e.Step).OfType<StepMetrics>())
            (step.Accuracy, step.Measures) = (0, new Measures { RSquared = 0.5, AbsoluteError = 2 });
        var figures = new EvaluationMetrics { Step = steps, Epoch = 1, Loss = 4, Examples = 10, Measures = new Measures { RSquared = 0.75, AbsoluteError = 1.5 } };
        var series = Of([.. events.Where(e => e.Step is not null), new MetricsEvent { Evaluation = figures }]);

        Assert.Null(series.Steps.Accuracy);
        Assert.All(series.Steps.R2!, value => Assert.Equal(0.5, value));
        Assert.All(series.Steps.Mae!, value => Assert.Equal(2, value));
        Assert.Null(series.Means?.Accuracy);
        Assert.All(series.Means?.Mae ?? [2], value => Assert.Equal(2, value!.Value, 1e-9));
        Assert.Equal((null, 0.75, 1.5), (series.Evaluations[^1].Accuracy, series.Evaluations[^1].R2, series.Evaluations[^1].Mae));
        Assert.Equal((null, 0.75, 1.5, 4), (series.Figures.TestAccuracy, series.Figures.TestR2, series.Figures.TestMae, series.Figures.TestLoss));
    }

    [Fact]
    public void Of_a_long_run_every_figure_is_one_of_its_history_and_no_extreme_is_lost()
    {
        var history = SampleRun.Events(20_000).ToDictionary(e => (e.StepNumber, e.EventCase));
        // Peaks of one step in the midst of others, each of another series.
        StepMetrics Of(long step) => history[(step, MetricsEvent.EventOneofCase.Step)].Step;
        Of(7_001).Loss = 99;
        Of(7_002).GradientNorm = 1e6;
        Of(7_003).Milliseconds = 9_000;
        Of(7_004).LearningRate = 1e-9;
        Of(7_005).Accuracy = 0;
        var series = RunCurvesTests.Of(history.Values);

        Assert.True(series.Width > 1);
        Assert.InRange(series.Steps.Step.Count, 1_000, 12_000);
        Assert.Equal(series.Steps.Step.Order().Distinct(), series.Steps.Step);
        Assert.All(series.Steps.Step.Index(), at =>
        {
            var line = Of(at.Item);
            Assert.Equal(
                (line.Epoch, line.Loss, line.Accuracy, line.LearningRate, line.Examples, line.Milliseconds, line.GradientNorm, line.Noise.Scale),
                (series.Steps.Epoch[at.Index], series.Steps.Loss[at.Index], series.Steps.Accuracy![at.Index]!.Value, series.Steps.LearningRate[at.Index], series.Steps.Examples[at.Index], series.Steps.Milliseconds[at.Index], series.Steps.GradientNorm![at.Index]!.Value, series.Steps.NoiseScale![at.Index]!.Value));
        });
        Assert.All(Enumerable.Range(7_001, 5), step => Assert.Contains(step, series.Steps.Step));
        Assert.Equal(20_000, series.Steps.Step[^1]);
        Assert.Equal(20_000 * 128L, series.Steps.Seen[^1]);
    }

    [Fact]
    public void Means_are_those_of_all_steps()
    {
        List<MetricsEvent> events = [.. SampleRun.Events(3_000)];
        events[10].Step.Skipped = "not finite";
        events[10].Step.Loss = double.NaN;
        var series = Of(events);
        var steps = events.Select(e => e.Step).OfType<StepMetrics>().ToList();
        var first = steps.Take((int)series.Width).Where(s => s.Skipped.Length == 0).ToList();
        Assert.Equal(first.Average(s => s.Loss), series.Means!.Loss[0]!.Value, 1e-12);
        Assert.Equal(steps.Take((int)series.Width).Sum(s => s.Examples) * 1000 / steps.Take((int)series.Width).Sum(s => s.Milliseconds), series.Means.ImagesPerSecond[0]!.Value, 1e-9);
        Assert.Equal(new SkippedStep(11, "not finite"), Assert.Single(series.Skipped));
    }

    [Fact]
    public void The_strip_tells_other_examples_and_where_generations_begin()
    {
        var series = Of(SampleRun.Events(50, restoredAt: 20));
        Assert.Equal([new GenerationStart(1, 1), new GenerationStart(21, 2)], series.Generations);
        Assert.Equal(50, series.Strip.Count);
        Assert.Equal((21, 21, 2), (series.Strip[20].From, series.Strip[20].To, series.Strip[20].Generation));

        List<MetricsEvent> other = [.. SampleRun.Events(5_000)];
        var one = Of(other).Strip;
        other[3_333].Ledger.Digests[1]++;
        var two = Of(other).Strip;
        var cell = Assert.Single(one.Zip(two), pair => pair.First.Fold != pair.Second.Fold).First;
        Assert.InRange(other[3_333].StepNumber, cell.From, cell.To);
    }

    [Fact]
    public void Nothing_gives_no_points_and_no_figures()
    {
        var series = Of([]);
        Assert.Empty(series.Steps.Step);
        Assert.Equal((0, null, null), (series.Figures.Steps, series.Figures.TrainLoss, series.Figures.TestAccuracy));
    }

    private static RunSeries Of(IEnumerable<MetricsEvent> events)
    {
        var curves = new RunCurves();
        foreach (var next in events)
            curves.Add(next);
        return curves.ToSeries();
    }
}

using System.Text;
using System.Text.Json;

namespace DistTrain.Protocol.Tests;

[Trait("Kind", "Fast")]
public sealed class MetricsJsonTests
{
    [Theory]
    [InlineData(Sharing.Together)]
    [InlineData(Sharing.Local)]
    [InlineData(Sharing.Alone)]
    public void A_step_and_its_ledger_come_back(Sharing sharing)
    {
        var metrics = new MetricsEvent
        {
            Step = new StepMetrics { Step = 7, Epoch = 1.75, Loss = 0.1, Accuracy = 0.5, LearningRate = 0.05, Examples = 128, Milliseconds = 41.125, ComputeMilliseconds = 35.5 },
            Ledger = Entry(sharing),
        };
        Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
        Assert.Equal(7, metrics.StepNumber);
    }

    [Fact]
    public void A_step_without_an_update_has_no_figures()
    {
        var metrics = new MetricsEvent { Statistics = new StatisticsMetrics { Step = 8 }, Ledger = Entry(Sharing.Together) };
        Assert.Equal(
            """{"event":"statistics","step":8,"ledger":{"generation":3,"phase":1,"epoch":2,"cursor":64,"take":32,"digests":["0000000000000001","ffffffffffffffff"]},"format":1}""",
            Text(metrics));
        Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
        Assert.Equal(8, metrics.StepNumber);
    }

    [Fact]
    public void A_line_without_a_ledger_is_read()
    {
        var metrics = new MetricsEvent { Step = new StepMetrics { Step = 1 } };
        Assert.DoesNotContain("ledger", Text(metrics), StringComparison.Ordinal);
        Assert.Null(MetricsJson.Read(Text(metrics)).Ledger);
    }

    [Theory]
    [InlineData("""{"event":"step","step":1""")]
    [InlineData("""{"event":"step","step":1}""")]
    [InlineData("""{"event":"statistics","step":"one"}""")]
    [InlineData("""{"event":"statistics","step":1.5}""")]
    [InlineData("""{"event":"other","step":1}""")]
    [InlineData("""[]""")]
    [InlineData("""{"event":"statistics","step":1,"ledger":{"generation":1}}""")]
    [InlineData("""{"event":"statistics","step":1,"ledger":{"generation":1,"phase":0,"epoch":0,"cursor":0,"take":1,"sharing":"none","digests":[]}}""")]
    [InlineData("""{"event":"statistics","step":1,"ledger":{"generation":1,"phase":0,"epoch":0,"cursor":0,"take":1,"digests":["+123456789abcdef"]}}""")]
    [InlineData("""{"event":"statistics","step":1,"ledger":{"generation":1,"phase":0,"epoch":0,"cursor":0,"take":1,"digests":[1]}}""")]
    public void Whatever_is_wrong_with_a_line_it_is_no_event(string line) => Assert.ThrowsAny<JsonException>(() => MetricsJson.Read(line));

    [Theory]
    [InlineData(double.NaN, "\"loss\":\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"loss\":\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"loss\":\"-Infinity\"")]
    [InlineData(0.5, "\"loss\":0.5")]
    public void A_loss_that_is_no_number_survives_its_line(double loss, string text)
    {
        var step = new MetricsEvent { Step = new StepMetrics { Step = 3, Loss = loss, Examples = 8, Skipped = "rank 1: the loss is NaN", ReplayCheck = "rank 0 by rank 1 on another silo", LambdaMax = 2.5, LambdaMin = 0 } };
        var evaluation = new MetricsEvent { Evaluation = new EvaluationMetrics { Step = 3, Loss = loss } };
        foreach (var metrics in new[] { step, evaluation })
        {
            var line = Encoding.UTF8.GetString(MetricsJson.Write(metrics));
            Assert.Contains(text, line, StringComparison.Ordinal);
            Assert.Equal(metrics, MetricsJson.Read(line));
        }
    }

    [Fact]
    public void A_step_like_any_other_says_no_more_than_it_did() =>
        Assert.Equal(
            """{"event":"step","step":1,"epoch":0,"loss":0,"accuracy":0,"learningRate":0,"examples":0,"milliseconds":0,"computeMilliseconds":0,"format":1}""",
            Encoding.UTF8.GetString(MetricsJson.Write(new MetricsEvent { Step = new StepMetrics { Step = 1 } })));

    [Theory]
    [InlineData(false, null, "\"gradientNorm\":0.25")]
    [InlineData(true, null, "\"gradientNorm\":0.25,\"gradientSquare\":-0.5,\"noiseTrace\":0.1")]
    [InlineData(true, 640.5, "\"gradientNorm\":0.25,\"gradientSquare\":-0.5,\"noiseTrace\":0.1,\"noiseScale\":640.5,\"criticalBatch\":641")]
    public void Gauges_come_back_as_far_as_they_are_known(bool hasNoise, double? scale, string text)
    {
        var metrics = new MetricsEvent { Step = new StepMetrics { Step = 7, GradientNorm = 0.25 } };
        if (hasNoise)
            metrics.Step.Noise = new NoiseMetrics { GradientSquare = -0.5, Trace = 0.1 };
        if (scale is { } known)
            (metrics.Step.Noise.Scale, metrics.Step.Noise.CriticalBatch) = (known, 641);
        Assert.Contains($"{text},\"format\"", Text(metrics), StringComparison.Ordinal);
        Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
    }

    [Fact]
    public void A_norm_that_is_no_number_survives_its_line()
    {
        var metrics = new MetricsEvent { Step = new StepMetrics { Step = 7, GradientNorm = double.NaN } };
        Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
    }

    [Theory]
    [InlineData("smoothness", """{"event":"probe","step":9,"epoch":1.5,"betaSmoothness":3,"lossLow":0.25,"lossHigh":0.75,"gradientChangeLow":0.0625,"gradientChangeHigh":0.125,"gradientNorm":0.5,"edge":40,"loss":0.5,"passes":9,"examples":64,"format":1}""")]
    [InlineData("critical-sharpness", """{"event":"probe","step":9,"epoch":1.5,"criticalSharpness":30,"low":29,"high":31,"edge":40,"loss":0.5,"passes":7,"format":1}""")]
    [InlineData("curvature", """{"event":"probe","step":9,"epoch":1.5,"lambdaMax":30,"lambdaMin":-0.5,"lambdaMaxResidual":0.25,"lambdaMinResidual":0.125,"gradientNorm":0.5,"positive":0.75,"negative":0.25,"edge":40,"loss":0.5,"products":20,"examples":1000,"format":1}""")]
    public void A_probe_of_each_kind_comes_back(string what, string text)
    {
        var probe = new ProbeMetrics { Step = 9, Epoch = 1.5, Edge = 40, Loss = 0.5 };
        if (what == "smoothness")
        {
            (probe.GradientNorm, probe.Passes, probe.Examples) = (0.5, 9, 64);
            probe.Smoothness = new SmoothnessMetrics { Beta = 3, LossLow = 0.25, LossHigh = 0.75, ChangeLow = 0.0625, ChangeHigh = 0.125 };
        }
        else if (what == "critical-sharpness")
            (probe.CriticalSharpness, probe.Low, probe.High, probe.Passes) = (30, 29, 31, 7);
        else
            (probe.LambdaMax, probe.LambdaMin, probe.LambdaMaxResidual, probe.LambdaMinResidual, probe.GradientNorm, probe.Positive, probe.Negative, probe.Products, probe.Examples) = (30, -0.5, 0.25, 0.125, 0.5, 0.75, 0.25, 20, 1000);
        var metrics = new MetricsEvent { Probe = probe };
        Assert.Equal(text, Text(metrics));
        Assert.Equal(metrics, MetricsJson.Read(text));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void A_probe_of_what_is_not_finite_comes_back(int passes)
    {
        var metrics = new MetricsEvent { Probe = new ProbeMetrics { Step = 9, Edge = 40, Loss = double.NaN, Passes = passes, Examples = 1000 } };
        Assert.DoesNotContain("low", Text(metrics), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("lambda", Text(metrics), StringComparison.Ordinal);
        Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
    }

    [Fact]
    public void An_evaluation_says_on_which_set_it_was()
    {
        var figures = new EvaluationMetrics { Step = 4, Epoch = 2, Loss = 0.5, Accuracy = 0.9, Examples = 10 };
        var (test, validation) = (new MetricsEvent { Evaluation = figures }, new MetricsEvent { Validation = figures });
        Assert.StartsWith("""{"event":"evaluation",""", Text(test), StringComparison.Ordinal);
        Assert.StartsWith("""{"event":"validation",""", Text(validation), StringComparison.Ordinal);
        foreach (var metrics in new[] { test, validation })
        {
            Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
            Assert.Equal((4, true), (metrics.StepNumber, metrics.IsEvaluation));
        }
    }

    [Fact]
    public void What_a_task_tells_stands_beside_the_accuracy_or_in_its_place()
    {
        var top = new MetricsEvent { Evaluation = new EvaluationMetrics { Step = 4, Loss = 0.5, Accuracy = 0.5, Examples = 10, Measures = new Measures { TopAccuracy = 0.75 } } };
        var numbers = new MetricsEvent { Step = new StepMetrics { Step = 4, Loss = 0.5, Examples = 10, Measures = new Measures { RSquared = -0.5, AbsoluteError = double.PositiveInfinity } } };
        Assert.Contains("\"accuracy\":0.5,\"topAccuracy\":0.75,", Text(top), StringComparison.Ordinal);
        Assert.Contains("\"loss\":0.5,\"r2\":-0.5,\"mae\":\"Infinity\",", Text(numbers), StringComparison.Ordinal);
        Assert.DoesNotContain("accuracy", Text(numbers), StringComparison.Ordinal);
        foreach (var metrics in new[] { top, numbers })
            Assert.Equal(metrics, MetricsJson.Read(Text(metrics)));
    }

    private static LedgerEntry Entry(Sharing sharing) =>
        new() { Generation = 3, Phase = 1, Epoch = 2, Cursor = 64, Take = 32, Sharing = sharing, Digests = { 1, ulong.MaxValue } };

    private static string Text(MetricsEvent metrics) => Encoding.UTF8.GetString(MetricsJson.Write(metrics));
}

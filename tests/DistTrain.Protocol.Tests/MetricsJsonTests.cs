using System.Text;

namespace DistTrain.Protocol.Tests;

public class MetricsJsonTests
{
    [Theory]
    [InlineData(double.NaN, "\"loss\":\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"loss\":\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"loss\":\"-Infinity\"")]
    [InlineData(0.5, "\"loss\":0.5")]
    public void A_loss_that_is_no_number_survives_its_line(double loss, string text)
    {
        var step = new MetricsEvent { Step = new StepMetrics { Step = 3, Loss = loss, Examples = 8, Skipped = "rank 1: the loss is NaN", ReplayCheck = "rank 0 by rank 1 on another silo" } };
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
            """{"event":"step","step":1,"epoch":0,"loss":0,"accuracy":0,"learningRate":0,"examples":0,"milliseconds":0,"computeMilliseconds":0}""",
            Encoding.UTF8.GetString(MetricsJson.Write(new MetricsEvent { Step = new StepMetrics { Step = 1 } })));
}

using System.Text.Json;
using DistTrain.Cli.Output;

namespace DistTrain.Cli.Tests.Output;

[Trait("Kind", "Fast")]
public class OutputJsonTests
{
    [Fact]
    public void An_event_is_one_line_with_its_kind_first() => Assert.Equal(
        """{"event":"step","step":3,"epoch":0.5,"loss":0.25,"accuracy":0.75,"learningRate":0.1,"examples":128,"milliseconds":64.5,"computeMilliseconds":60}""",
        OutputJson.Line(new StepEvent(3, 0.5, 0.25, 0.75, 0.1, 128, 64.5, 60)));

    [Fact]
    public void The_last_line_has_the_fields_that_tools_rely_on()
    {
        var line = OutputJson.Line(new CompletedEvent("j", 1, 1, 0.1, 0.9, 0.2, 100, 5, 0.1, "00", 2, 0, 0, 0, 0, "/runs/j"));
        var names = JsonDocument.Parse(line).RootElement.EnumerateObject().Select(property => property.Name);
        Assert.Equal(
            [
                "event", "job", "steps", "epochs", "trainLoss", "testAccuracy", "testLoss", "imagesPerSecond", "stepMillisecondsMedian",
                "overheadShare", "weightsSha256", "seconds", "recoveries", "redoneSteps", "skippedSteps", "replayChecks", "folder",
            ],
            names);
    }

    [Fact]
    public void Line_ends_and_quotes_stay_inside_the_string() => Assert.Equal(
        """{"event":"log","text":"a\n\"b\" <ü>"}""", OutputJson.Line(new LogEvent("a\n\"b\" <ü>")));

    [Fact]
    public void A_loss_that_is_not_finite_is_told() =>
        Assert.Contains("\"loss\":\"NaN\"", OutputJson.Line(new EvaluationEvent(1, 1, double.NaN, 0)));

    [Fact]
    public void What_is_not_known_is_left_out() =>
        Assert.Equal("""{"event":"failed","error":"x"}""", OutputJson.Line(new FailedEvent(null, "x")));

    [Fact]
    public void Reads_its_own_lines_and_nothing_else()
    {
        var announcement = new ListeningEvent("silo", "127.0.0.1:5000");
        Assert.Equal(announcement, OutputJson.Read(OutputJson.Line(announcement)));
        foreach (var line in (string[])["", "info: started", "{", "{}", "{\"event\":\"other\"}", "{\"event\":7}"])
            Assert.Null(OutputJson.Read(line));
    }
}

using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Client;
using DistTrain.Tests.Silos;
using Spectre.Console;

namespace DistTrain.Cli.Tests.Display;

[Trait("Kind", "Fast")]
public sealed class DisplayTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Plain_lines_come_every_few_seconds_and_with_each_evaluation()
    {
        var clock = new ManualClock();
        var display = new PlainDisplay(_output, _error, clock);

        var ended = await display.FollowAsync(EventsWithTime(clock).Async(), CancellationToken.None);

        Assert.Equal(JobState.Completed, ended.State);
        Assert.Equal(
            ["running: 12 steps, 2 workers", "step 1/12", "step 6/12", "test after step 8: accuracy 75.00 %, loss 0.5", "step 11/12", "step 12/12", "completed"],
            Contexts.Lines(_output).Select(line => line.Split("  ")[0]));

        static IEnumerable<JobEvent> EventsWithTime(ManualClock clock)
        {
            yield return Events.State(JobState.Running, 0, 12);
            for (var step = 1; step <= 12; step++)
            {
                yield return Events.Step(step);
                if (step == 8)
                    yield return Events.Evaluation(8);
                clock.Advance(TimeSpan.FromSeconds(1));
            }

            yield return Events.State(JobState.Completed, 12, 12);
        }
    }

    [Fact]
    public async Task Gauges_validation_and_probes_are_told_where_there_are_any()
    {
        JobEvent[] events =
        [
            Events.State(JobState.Running, 0, 2),
            Events.Step(1) with { GradientNorm = 0.25, Noise = new GradientNoise(-0.5, 0.125, null, null) },
            Events.Step(2) with { GradientNorm = 0.5, Noise = new GradientNoise(0.5, 1, 640.5, 641) },
            new ValidationMetrics { Step = 2, Epoch = 1, Loss = 0.5, Accuracy = 0.875, Examples = 8 },
            new ProbeMetrics { Step = 2, Epoch = 1, CriticalSharpness = 30, Low = 29, High = 31, Edge = 40, Loss = 0.5, Passes = 7 },
            new ProbeMetrics { Step = 4, Epoch = 1, Low = 0, High = 1.25, Edge = 40, Loss = 0.5, Passes = 7 },
            new ProbeMetrics { Step = 6, Epoch = 1, LambdaMax = 31.25, LambdaMin = -0.5, LambdaMaxResidual = 0.01, LambdaMinResidual = 0.25, GradientNorm = 0.125, Positive = 0.75, Negative = 0.25, Edge = 40, Loss = 0.5, Products = 20, Examples = 64 },
            new ProbeMetrics { Step = 7, Epoch = 1, Smoothness = new SmoothnessMetrics(3, 0.25, 0.75, 0.0625, 0.125), GradientNorm = 0.5, Edge = 40, Loss = 0.5, Passes = 9, Examples = 64 },
            new ProbeMetrics { Step = 8, Epoch = 1, Edge = 40, Loss = double.NaN, Examples = 64 },
            new ProbeMetrics { Step = 9, Epoch = 1, Edge = 40, Loss = double.NaN, Passes = 9, Examples = 64 },
        ];
        await new PlainDisplay(_output, _error, new ManualClock()).FollowAsync(events.Async(), CancellationToken.None);
        var lines = Contexts.Lines(_output);
        Assert.Contains("gradient 0.25", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("critical batch", lines[1], StringComparison.Ordinal);
        Assert.Contains("gradient 0.5  critical batch 641", lines[2], StringComparison.Ordinal);
        Assert.Equal(
            [
                "validation after step 2: accuracy 87.50 %, loss 0.5",
                "along step 2: critical sharpness 30 (29 to 31), edge of stability 40",
                "along step 4: critical sharpness below 1.25, edge of stability 40",
                "after step 6: curvature -0.5 to 31.25 (residuals 0.25 and 0.01), 75.00 % of it positive, edge of stability 40",
                "along the gradient of step 7: smoothness 3, loss 0.25 to 0.75, gradient changed by 0.0625 to 0.125 of 0.5, edge of stability 40",
                "after step 8: curvature not finite, edge of stability 40",
                "along the gradient of step 9: smoothness not finite, edge of stability 40",
            ],
            lines[3..]);

        _output.GetStringBuilder().Clear();
        await new JsonDisplay(_output).FollowAsync(events[1..8].Async(), CancellationToken.None);
        lines = Contexts.Lines(_output);
        Assert.EndsWith("""
            "gradientNorm":0.25,"gradientSquare":-0.5,"noiseTrace":0.125}
            """, lines[0], StringComparison.Ordinal);
        Assert.EndsWith("""
            "gradientNorm":0.5,"gradientSquare":0.5,"noiseTrace":1,"noiseScale":640.5,"criticalBatch":641}
            """, lines[1], StringComparison.Ordinal);
        Assert.Equal("""{"event":"validation","step":2,"epoch":1,"loss":0.5,"accuracy":0.875}""", lines[2]);
        Assert.Equal("""{"event":"probe","step":2,"epoch":1,"criticalSharpness":30,"low":29,"high":31,"edge":40,"loss":0.5,"passes":7}""", lines[3]);
        Assert.Equal(
            """{"event":"probe","step":6,"epoch":1,"lambdaMax":31.25,"lambdaMin":-0.5,"lambdaMaxResidual":0.01,"lambdaMinResidual":0.25,"gradientNorm":0.125,"positive":0.75,"negative":0.25,"edge":40,"loss":0.5,"products":20,"examples":64}""",
            lines[5]);
        Assert.Equal(
            """{"event":"probe","step":7,"epoch":1,"betaSmoothness":3,"lossLow":0.25,"lossHigh":0.75,"gradientChangeLow":0.0625,"gradientChangeHigh":0.125,"gradientNorm":0.5,"edge":40,"loss":0.5,"passes":9,"examples":64}""",
            lines[6]);
    }

    [Fact]
    public async Task Json_is_one_line_per_event()
    {
        var display = new JsonDisplay(_output);
        display.Note("not for programs");
        display.Submitted("job-1");
        await display.FollowAsync(
            ((JobEvent[])[Events.State(JobState.Queued), Events.Step(1), Events.Evaluation(1), Events.Log("x")]).Async(), CancellationToken.None);

        Assert.Equal(
            [
                """{"event":"submitted","job":"job-1"}""",
                """{"event":"state","state":"queued","step":0,"totalSteps":0}""",
                """{"event":"step","step":1,"epoch":0.1,"loss":1,"accuracy":0.5,"learningRate":0.1,"examples":128,"milliseconds":64,"computeMilliseconds":60}""",
                """{"event":"evaluation","step":1,"epoch":0.1,"loss":0.5,"accuracy":0.75}""",
                """{"event":"log","text":"x"}""",
            ],
            Contexts.Lines(_output));
    }

    [Fact]
    public async Task The_live_display_shows_where_training_stands()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(_output),
        });
        console.Profile.Width = 100;
        var display = new TerminalDisplay(console, _output, _error);

        var ended = await display.FollowAsync(
            ((JobEvent[])[Events.State(JobState.Running, 0, 2), Events.Step(1), Events.Evaluation(1), Events.Log("[brackets]"), Events.Step(2), Events.State(JobState.Completed, 2, 2)]).Async(),
            CancellationToken.None).For("the live display");

        Assert.Equal(JobState.Completed, ended.State);
        var shown = _output.ToString();
        Assert.Contains("test after step 1: accuracy 75.00 %", shown);
        Assert.Contains("[brackets]", shown);
        Assert.Contains("2,000 examples/s", shown);
        Assert.Contains("loss 1", shown);
    }

    [Theory]
    [InlineData(LogKind.Moved, "rank 3 moves to silo S127.0.0.1:11111:9", 0, "rank 3 moves")]
    [InlineData(LogKind.Moved, "rank 12 goes on at silo S127.0.0.1:11111:9; S127.0.0.1:2:3 is gone", 0, "rank 12 moves")]
    [InlineData(LogKind.Restored, "a server is gone: the servers go on from a checkpoint", 0, "servers go back to a checkpoint")]
    [InlineData(LogKind.Restored, "generation 2 goes on from step 60; 12 step(s) are done again", 12, "servers restored, 12 steps again")]
    [InlineData(LogKind.Restored, "generation 2 goes on from step 60; 1 step(s) are done again", 1, "servers restored, 1 step again")]
    [InlineData(LogKind.Note, "1,200 parameters in 3 buckets", 0, null)]
    public void What_happens_is_said_in_a_few_words(LogKind kind, string text, long redone, string? said) =>
        Assert.Equal(said, Happening.Of(Events.Log(text) with { Kind = kind, Redone = redone }));

    [Theory]
    [InlineData(40)]
    [InlineData(100)]
    public async Task The_live_display_says_what_happened_and_keeps_to_its_width_without_colours(int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(_output),
        });
        console.Profile.Width = width;
        await new TerminalDisplay(console, _output, _error).FollowAsync(
            ((JobEvent[])
            [
                Events.State(JobState.Running, 0, 100_000), Events.Step(60),
                Events.Log("rank 3 moves to silo S127.0.0.1:11111:9") with { Kind = LogKind.Moved }, Events.Step(61),
            ]).Async(),
            CancellationToken.None).For("the live display");

        // Without what moves the cursor the output is lines.
        var lines = System.Text.RegularExpressions.Regex.Replace(_output.ToString(), "\u001b\\[[0-9;?]*[A-Za-z]", "").Split('\n', '\r');
        Assert.All(lines, line => Assert.True(line.Length <= width, $"'{line}' has {line.Length} characters"));
        Assert.Contains("  step 60: rank 3 moves", lines.Select(line => line.TrimEnd()));
        Assert.Contains(lines, line => line.StartsWith("step 6", StringComparison.Ordinal) && line.Contains("/100000", StringComparison.Ordinal));
        // No value is torn from its name.
        Assert.All(lines, line => Assert.DoesNotMatch("(loss|train|test|rate|epoch)$", line.TrimEnd()));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(40)]
    [InlineData(60)]
    public void As_many_values_stand_on_a_line_as_fit(int width)
    {
        var progress = new TrainingProgress();
        progress.Apply(Events.State(JobState.Running, 0, 100_000));
        progress.Apply(Events.Step(60));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_output) });
        // The terminal itself would break a line that is too long.
        console.Profile.Width = 500;
        console.Write(TerminalDisplay.Below(progress, width));

        string[] lines = [.. _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd())];
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        // The first value of the next line would not have fitted.
        Assert.All(lines.Zip(lines.Skip(1)), pair => Assert.True($"{pair.First}   {pair.Second.Trim().Split("   ")[0]}".Length > width));
        Assert.Equal(ProgressText.Values(progress), lines.SelectMany(line => line.Trim().Split("   ")));
    }

    [Theory]
    [InlineData(false, null, null, true)]
    [InlineData(true, null, null, false)]
    [InlineData(false, "NO_COLOR", "1", false)]
    [InlineData(false, "NO_COLOR", "", true)]
    [InlineData(false, "CI", "true", false)]
    [InlineData(false, "TERM", "dumb", false)]
    [InlineData(false, "TERM", "xterm-256color", true)]
    public void Live_needs_a_terminal_that_redraws(bool redirected, string? variable, string? value, bool live) =>
        Assert.Equal(live, JobDisplay.IsLive(name => name == variable ? value : null, redirected));

    [Fact]
    public void The_closing_summary_has_what_a_run_is_judged_by()
    {
        var display = new PlainDisplay(_output, _error, TimeProvider.System);
        var code = display.End(Events.State(JobState.Completed, 40, 40), TimeSpan.FromSeconds(61.5), "runs/job-1");

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(
            [
                "  job             job-1",
                "  test accuracy   98.75 % (loss 0.25)",
                "  train loss      0.5",
                "  length          40 steps, 1.00 epochs, 1:01",
                "  speed           1,880 examples/s",
                "  step            68.25 ms median, 12.50 % of it outside forward and backward",
                $"  weights sha256  {Events.Hash}",
                "  folder          runs/job-1",
            ],
            Contexts.Lines(_output));
    }

    [Fact]
    public void A_probe_that_is_done_ends_with_its_verdict()
    {
        var ended = Events.State(JobState.Completed, 40, 40);
        ended = ended with
        {
            Result = ended.Result! with
            {
                Diagnosis = new Diagnosis
                {
                    Verdict = "saddle",
                    Reason = "a saddle: curvature from -2 to 2",
                    Loss = 0.5,
                    Accuracy = 0.75,
                    GradientNorm = 0.0001,
                    LambdaMax = 2,
                    LambdaMin = -2,
                    Positive = 0.000072,
                    Negative = 0.00002,
                    Trace = 12.5,
                    Sha256 = "ab",
                },
            },
        };
        Assert.Equal(ExitCode.Done, new PlainDisplay(_output, _error, TimeProvider.System).End(ended, TimeSpan.FromSeconds(61), null));
        Assert.Equal(
            [
                "  job             job-1",
                "  verdict         a saddle: curvature from -2 to 2",
                "  loss            0.5, accuracy 75.00 %",
                "  gradient norm   0.0001",
                "  curvature       -2 to 2",
                "  eigenvalues     0.0072 % positive, 0.002 % negative",
                "  results sha256  ab",
                "  length          40 steps, 1.00 epochs, 1:01",
            ],
            Contexts.Lines(_output)[..8]);
        _output.GetStringBuilder().Clear();
        new JsonDisplay(_output).End(ended, TimeSpan.Zero, null);
        Assert.EndsWith(
            """"diagnosis":{"verdict":"saddle","reason":"a saddle: curvature from -2 to 2","loss":0.5,"accuracy":0.75,"gradientNorm":0.0001,"lambdaMax":2,"lambdaMin":-2,"positive":7.2E-05,"negative":2E-05,"trace":12.5,"sha256":"ab"}}"""",
            Assert.Single(Contexts.Lines(_output)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JobState.Failed, 1, """{"event":"failed","job":"job-1","error":"NaN in rank 1"}""")]
    [InlineData(JobState.Cancelled, 130, """{"event":"cancelled","job":"job-1"}""")]
    public void Other_ends_have_their_codes_and_last_lines(JobState state, int code, string last)
    {
        var ended = Events.State(state, 1, 2, "NaN in rank 1");
        Assert.Equal(code, new JsonDisplay(_output).End(ended, TimeSpan.Zero, null));
        Assert.Equal([last], Contexts.Lines(_output));
        Assert.Equal(code, new PlainDisplay(_output, _error, TimeProvider.System).End(ended, TimeSpan.Zero, null));
        Assert.Contains("job-1", Assert.Single(Contexts.Lines(_error)));
    }

    [Fact]
    public void Json_of_a_completed_job_ends_with_its_result()
    {
        new JsonDisplay(_output).End(Events.State(JobState.Completed, 40, 40), TimeSpan.FromSeconds(1.23456), "/runs/job-1");
        var completed = Assert.IsType<CompletedEvent>(OutputJson.Read(Assert.Single(Contexts.Lines(_output))));
        Assert.Equal(
            new CompletedEvent("job-1", 40, 1, 0.5, 0.9875, 0.25, 1880.4, 68.25, 0.125, Events.Hash, 1.235, 0, 0, 0, 0, "/runs/job-1"), completed);
    }
}

using System.Text.RegularExpressions;

namespace DistTrain.Observability.Tests;

/// <summary>What Prometheus sees of what is counted.</summary>
[Trait("Kind", "Fast")]
public class ObservabilitySetupTests
{
    [Fact]
    public async Task Counts_have_their_job_and_the_name_that_Prometheus_gives_them()
    {
        await using var app = await ProbedApp.StartAsync();
        TrainingMeter.Steps.Add(3, TrainingMeter.Job("counted"));
        TrainingMeter.GradientBytes.Add(8, TrainingMeter.Job("counted"));
        var metrics = await app.MetricsAsync();
        Assert.Matches("\ndisttrain_steps_total\\{[^}]*job=\"counted\"[^}]*\\} 3\\s", metrics);
        Assert.Matches("\ndisttrain_gradient_bytes_total\\{[^}]*job=\"counted\"[^}]*\\} 8\\s", metrics);
    }

    [Theory]
    [InlineData("step")]
    [InlineData("checkpoint")]
    public async Task Durations_have_buckets_from_a_millisecond_to_minutes(string what)
    {
        await using var app = await ProbedApp.StartAsync();
        var duration = what == "step" ? TrainingMeter.StepDuration : TrainingMeter.CheckpointDuration;
        duration.Record(0.002, TrainingMeter.Job("timed"));
        var metrics = await app.MetricsAsync();
        foreach (var (bound, count) in new[] { ("0.001", 0), ("0.0025", 1), ("300", 1), ("+Inf", 1) })
            Assert.Matches($"\ndisttrain_{what}_duration_seconds_bucket\\{{[^}}]*job=\"timed\"[^}}]*le=\"{Regex.Escape(bound)}\"[^}}]*\\}} {count}\\s", metrics);
    }

    /// <summary>Prometheus keeps <c>_count</c> for histograms.</summary>
    [Fact]
    public async Task A_gauge_of_the_runtime_that_ends_with_count_has_another_name()
    {
        await using var app = await ProbedApp.StartAsync();
        var metrics = await app.MetricsAsync();
        Assert.Matches("\ndotnet_assembly_number(\\{[^}]*\\})? [1-9]", metrics);
        Assert.DoesNotContain("dotnet_assembly_count", metrics, StringComparison.Ordinal);
    }
}

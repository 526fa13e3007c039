using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Client;
using Spectre.Console;

namespace DistTrain.Cli.Display;

/// <summary>Chooses the display for a command, and says a job's last word on it.</summary>
internal static class JobDisplay
{
    /// <summary>JSON when asked for; live at a terminal that redraws; plain lines elsewhere.</summary>
    public static IJobDisplay For(CommandContext context) =>
        context.Json ? new JsonDisplay(context.Output)
        : IsLive(Environment.GetEnvironmentVariable, Console.IsOutputRedirected)
            ? new TerminalDisplay(
                AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(context.Output) }), context.Output, context.Error)
            : new PlainDisplay(context.Output, context.Error, context.Clock);

    /// <summary>True for a terminal whose user did not ask for plain output (no-color.org) and which is not a build's log.</summary>
    internal static bool IsLive(Func<string, string?> variable, bool redirected) =>
        !redirected
        && string.IsNullOrEmpty(variable("NO_COLOR"))
        && string.IsNullOrEmpty(variable("CI"))
        && variable("TERM") is not "dumb";

    /// <summary>Says how the job ended.</summary>
    /// <param name="display">Where.</param>
    /// <param name="ended">The job's last state.</param>
    /// <param name="time">Wall time of the command.</param>
    /// <param name="folder">The run's folder, or null.</param>
    /// <returns>The exit code.</returns>
    public static int End(this IJobDisplay display, JobSummary ended, TimeSpan time, string? folder)
    {
        switch (ended.State)
        {
            case JobState.Completed:
                display.Completed(Completed(ended.JobId, ended.Result ?? new JobResult(), time, folder));
                return ExitCode.Done;
            case JobState.Cancelled:
                display.Cancelled(ended.JobId);
                return ExitCode.Cancelled;
            default:
                display.Failed(ended.JobId, ended.Error ?? "the cluster gave no reason");
                return ExitCode.Failed;
        }
    }

    private static CompletedEvent Completed(string job, JobResult r, TimeSpan time, string? folder) => new(
        job,
        r.Steps,
        r.Epochs,
        r.TrainLoss,
        r.TestMeasures?.RSquared is null ? r.TestAccuracy : null,
        r.TestLoss,
        r.ImagesPerSecond,
        r.StepMillisecondsMedian,
        r.OverheadShare,
        r.WeightsSha256,
        Math.Round(time.TotalSeconds, 3),
        r.Recoveries,
        r.RedoneSteps,
        r.SkippedSteps,
        r.ReplayChecks,
        folder)
    {
        TestMeasures = r.TestMeasures,
        ValidationAccuracy = r.ValidationMeasures?.RSquared is null ? r.ValidationAccuracy : null,
        ValidationMeasures = r.ValidationMeasures,
        ValidationLoss = r.ValidationLoss,
        Diagnosis = r.Diagnosis,
    };
}

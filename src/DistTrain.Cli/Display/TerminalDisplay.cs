using DistTrain.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DistTrain.Cli.Display;

/// <summary>A progress bar with the values below it, redrawn in place; log lines scroll by above.</summary>
internal sealed class TerminalDisplay(IAnsiConsole console, TextWriter output, TextWriter error) : TextDisplay(output, error)
{
    public override void Note(string text) => console.MarkupLineInterpolated($"[grey]{text}[/]");

    public override Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var progress = new TrainingProgress();
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .UseRenderHook((bar, _) => new Rows(bar, Below(progress)))
            .StartAsync(context => FollowAsync(context, progress, events, cancel));
    }

    /// <summary>The lines below the bar.</summary>
    internal static IRenderable Below(TrainingProgress progress)
    {
        var values = ProgressText.Values(progress);
        return new Rows(
            new Markup("  " + string.Join("   ", values.Take(4).Select(Markup.Escape))),
            new Markup("  [grey]" + string.Join("   ", values.Skip(4).Select(Markup.Escape)) + "[/]"));
    }

    private async Task<JobSummary> FollowAsync(
        ProgressContext context, TrainingProgress progress, IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var last = new JobSummary();
        var bar = context.AddTask("waiting");
        bar.IsIndeterminate = true;
        await foreach (var next in events.WithCancellation(cancel))
        {
            last = next as JobSummary ?? last;
            progress.Apply(next);
            Show(bar, progress);
            if (next is LogLine log)
                Note(log.Text);
            else if (next is EvaluationMetrics evaluation)
                Note(ProgressText.Evaluation(evaluation));
            else if (next is ValidationMetrics validation)
                Note(ProgressText.Validation(validation));
            else if (next is ProbeMetrics probe)
                Note(ProgressText.Probe(probe));
        }

        return last;
    }

    private static string Name(TrainingProgress progress) => progress.Waits is null ? progress.State.Name() : "waits";

    private static void Show(ProgressTask bar, TrainingProgress progress)
    {
        bar.Description = progress is { Step: 0 } or { Waits: not null } ? Name(progress) : ProgressText.Steps(progress);
        bar.IsIndeterminate = progress.TotalSteps == 0;
        bar.MaxValue = Math.Max(1, progress.TotalSteps);
        bar.Value = progress.Step;
    }
}

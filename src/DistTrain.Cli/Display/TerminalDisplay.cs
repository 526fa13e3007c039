using DistTrain.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DistTrain.Cli.Display;

/// <summary>A progress bar with the values below it, redrawn in place; log lines scroll by above.</summary>
internal sealed class TerminalDisplay(IAnsiConsole console, TextWriter output, TextWriter error) : TextDisplay(output, error)
{
    private const string Indent = "  ";

    /// <summary>A bar that leaves room for the step before it and the percentage behind.</summary>
    private const int WidestBar = 40, NarrowestBar = 6, BesideBar = 32;

    public override void Note(string text) => console.MarkupLineInterpolated($"[grey]{text}[/]");

    public override Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var progress = new TrainingProgress();
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = Math.Clamp(console.Profile.Width - BesideBar, NarrowestBar, WidestBar) }, new PercentageColumn())
            .UseRenderHook((bar, _) => new Rows(bar, Below(progress, console.Profile.Width)))
            .StartAsync(context => FollowAsync(context, progress, events, cancel));
    }

    /// <summary>The lines below the bar: what has happened last, then the values.</summary>
    internal static IRenderable Below(TrainingProgress progress, int width)
    {
        List<string> lines = [.. ProgressText.Lines(progress, width - Indent.Length).Index().Select(line => line.Index == 0 ? Markup.Escape(line.Item) : $"[grey]{Markup.Escape(line.Item)}[/]")];
        if (ProgressText.Happened(progress) is { } happened)
            lines.Insert(0, $"[yellow]{Markup.Escape(happened)}[/]");
        return new Rows(lines.Select(line => new Markup(Indent + line)));
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

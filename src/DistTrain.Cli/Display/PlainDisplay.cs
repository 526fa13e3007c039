using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>Plain lines, for a log file or a pipe: every change of state, every evaluation, and the progress every few seconds.</summary>
internal sealed class PlainDisplay(TextWriter output, TextWriter error, TimeProvider clock) : TextDisplay(output, error)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long? _lastLine;
    private string? _state;

    public override async Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var last = new JobSummary();
        var progress = new TrainingProgress();
        await foreach (var next in events.WithCancellation(cancel))
        {
            last = next as JobSummary ?? last;
            progress.Apply(next);
            if (Line(next, progress) is { } line)
                Note(line);
        }

        return last;
    }

    private string? Line(JobEvent next, TrainingProgress progress) => next switch
    {
        // What the job waits for is in its log too.
        JobSummary summary => News(ProgressText.State(summary)),
        EvaluationMetrics evaluation => ProgressText.Evaluation(evaluation),
        ValidationMetrics validation => ProgressText.Validation(validation),
        ProbeMetrics probe => ProgressText.Probe(probe),
        LogLine log => log.Text,
        StepMetrics step when IsDue(step.Step == progress.TotalSteps) => ProgressText.Line(progress),
        _ => null,
    };

    private string? News(string state) => state == _state ? null : _state = state;

    private bool IsDue(bool always)
    {
        if (!always && _lastLine is { } last && clock.GetElapsedTime(last) < Interval)
            return false;
        _lastLine = clock.GetTimestamp();
        return true;
    }
}

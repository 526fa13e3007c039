using DistTrain.Cli.Output;
using DistTrain.Protocol;

namespace DistTrain.Cli.Display;

/// <summary>Each event as one JSON line.</summary>
internal sealed class JsonDisplay(TextWriter output) : IJobDisplay
{
    public void Note(string text)
    {
        // Programs follow events; the words around them are for people.
    }

    public void Submitted(string job) => Write(new SubmittedEvent(job));

    public async Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        var last = new JobSummary();
        await foreach (var next in events.WithCancellation(cancel))
        {
            last = next.Summary ?? last;
            if (Event(next) is { } line)
                Write(line);
        }

        return last;
    }

    public void Completed(CompletedEvent completed) => Write(completed);

    public void Failed(string job, string reason) => Write(new FailedEvent(job, reason));

    public void Cancelled(string job) => Write(new CancelledEvent(job));

    private static OutputEvent? Event(JobEvent next) => next.EventCase switch
    {
        JobEvent.EventOneofCase.Summary =>
            new StateEvent(next.Summary.State.Name(), next.Summary.Step, next.Summary.TotalSteps, Said(next.Summary.Waits)),
        JobEvent.EventOneofCase.Step when next.Step is var s =>
            new StepEvent(s.Step, s.Epoch, s.Loss, s.Accuracy, s.LearningRate, s.Examples, s.Milliseconds, s.ComputeMilliseconds, Said(s.Skipped), Said(s.ReplayCheck)),
        JobEvent.EventOneofCase.Evaluation when next.Evaluation is var e =>
            new EvaluationEvent(e.Step, e.Epoch, e.Loss, e.Accuracy),
        JobEvent.EventOneofCase.Log => new LogEvent(next.Log.Text),
        _ => null,
    };

    private static string? Said(string text) => text.Length == 0 ? null : text;

    private void Write(OutputEvent line) => output.WriteLine(OutputJson.Line(line));
}

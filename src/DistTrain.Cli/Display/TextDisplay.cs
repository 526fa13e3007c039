using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>What the displays for people have in common: everything but the way in which progress is shown.</summary>
internal abstract class TextDisplay(TextWriter output, TextWriter error) : IJobDisplay
{
    public virtual void Note(string text) => output.WriteLine(text);

    public void Submitted(string job) => Note($"job {job}");

    public abstract Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel);

    public void Completed(CompletedEvent completed)
    {
        foreach (var line in ClosingSummary.Lines(completed))
            output.WriteLine(line);
    }

    public void Failed(string job, string reason) => error.WriteLine($"error: job {job} failed: {reason}");

    public void Cancelled(string job) => error.WriteLine($"job {job} was cancelled");
}

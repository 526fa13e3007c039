using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>Shows one job to somebody: a person at a terminal, a log file, or a program.</summary>
internal interface IJobDisplay
{
    /// <summary>What happens around the job, e.g. that a cluster is starting. People only.</summary>
    void Note(string text);

    /// <summary>The cluster has the job.</summary>
    void Submitted(string job);

    /// <summary>Shows <paramref name="events"/> as they come.</summary>
    /// <returns>The state in which the job ended.</returns>
    Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel);

    /// <summary>The last word of a job that is done.</summary>
    void Completed(CompletedEvent completed);

    /// <summary>The last word of a job that failed.</summary>
    void Failed(string job, string reason);

    /// <summary>The last word of a cancelled job.</summary>
    void Cancelled(string job);
}

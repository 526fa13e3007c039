using DistTrain.Protocol;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs.Driving;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Jobs on the wire.</summary>
internal static class JobMapping
{
    public static JobSummary ToSummary(JobDescription job)
    {
        var read = JobFile.Read(job.JobFile, job.JobId, []).Job;
        var summary = new JobSummary
        {
            JobId = job.JobId,
            Name = read?.Name ?? string.Empty,
            State = ToState(job.Phase),
            Step = job.Step,
            TotalSteps = job.TotalSteps,
            Workers = read?.Spec.Workers ?? 0,
            Error = job.Error ?? string.Empty,
            SubmittedAt = job.SubmittedAt,
            Waits = job.Waits ?? string.Empty,
            Decision = job.Decision ?? string.Empty,
        };
        if (job.Outcome is { } outcome)
            summary.Result = outcome.ToMessage();
        if (job.Findings is { } found && read?.Spec.Probe is { } probe && summary.Result is { } result)
            result.Diagnosis = DiagnosisMapping.Of(ProbeFindings.Read(found, job.JobId), probe, read.Spec.Dataset.Regression is not null);
        return summary;
    }

    public static LogLine ToLine(JobLogLine line) => new() { Time = line.Time, Text = line.Text, Kind = (LogKind)line.Kind, Step = line.Step, Redone = line.Redone };

    private static JobState ToState(JobPhase phase) => phase switch
    {
        JobPhase.Queued => JobState.Queued,
        JobPhase.Running => JobState.Running,
        JobPhase.Completed => JobState.Completed,
        JobPhase.Failed => JobState.Failed,
        JobPhase.Cancelled => JobState.Cancelled,
        _ => JobState.Unspecified,
    };
}

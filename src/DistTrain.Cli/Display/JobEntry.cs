using System.Globalization;
using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>A job as an entry of a list.</summary>
internal static class JobEntry
{
    /// <param name="width">Of the column of ids, in characters.</param>
    public static string Header(int width) => Columns("job", "state", "step", "workers", "submitted", "", width);

    /// <summary>One line under <see cref="Header"/>.</summary>
    public static string Line(JobSummary job, int width) => Columns(
        job.JobId,
        job.State.Name(),
        job.TotalSteps > 0 ? $"{job.Step}/{job.TotalSteps}" : "–",
        job.Workers.ToString(CultureInfo.InvariantCulture),
        job.SubmittedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z",
        (job.Error ?? job.Waits ?? (job.HasEnded ? null : job.Decision) ?? "").ReplaceLineEndings(" "),
        width);

    public static JobEntryEvent Event(JobSummary job) => new(
        job.JobId,
        job.Name,
        job.State.Name(),
        job.Step,
        job.TotalSteps,
        job.Workers,
        job.SubmittedAt,
        job.Error,
        job.Waits,
        job.Decision);

    private static string Columns(string job, string state, string step, string workers, string submitted, string error, int width) =>
        $"{job.PadRight(width)}  {state,-9}  {step,13}  {workers,7}  {submitted,-20}  {error}".TrimEnd();
}

using DistTrain.Operator.Resources;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;

namespace DistTrain.Operator.Reconciling;

/// <summary>What each turn of a job makes of an object's status.</summary>
/// <param name="door">The front door, for messages.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class StatusRules(Endpoint door, TimeProvider clock)
{
    private const string ClusterUnavailable = "ClusterUnavailable";

    /// <summary>The job file has mistakes.</summary>
    public TrainingJobStatus Invalid(TrainingJobStatus status, long generation, IReadOnlyList<string> problems) =>
        Set(status with { State = ResourceStates.Invalid }, generation, ConditionTypes.Accepted, TrainingJobCondition.False, "InvalidSpec", string.Join('\n', problems));

    /// <summary>The job is about to be submitted: from now on there may be one.</summary>
    public TrainingJobStatus Submitting(TrainingJobStatus status, long generation, string job, string? sha256) => Set(
        status with { State = ResourceStates.Waiting, JobId = job, SpecSha256 = status.SpecSha256 ?? sha256 },
        generation, ConditionTypes.Accepted, TrainingJobCondition.Unknown, "Submitting", $"to the cluster at {door}");

    /// <summary>The cluster did not take the job, for now.</summary>
    public TrainingJobStatus NotTaken(TrainingJobStatus status, long generation, ClusterAnswer answer) => answer.Kind is ClusterAnswerKind.Away
        ? Set(status with { State = ResourceStates.Waiting }, generation, ConditionTypes.Accepted, TrainingJobCondition.Unknown, ClusterUnavailable, Away(answer))
        : Set(status with { State = ResourceStates.Refused }, generation, ConditionTypes.Accepted, TrainingJobCondition.False, Reason(answer), answer.Message);

    /// <summary>The cluster has the job. That of another spec (<paramref name="sha256"/> null) is the one that an earlier generation of the object submitted.</summary>
    public TrainingJobStatus Taken(TrainingJobStatus status, long generation, string? sha256) => Set(
        status with { State = ResourceStates.Queued, SpecSha256 = sha256 ?? status.SpecSha256 },
        generation, ConditionTypes.Accepted, TrainingJobCondition.True, "Submitted", $"as job {status.JobId}");

    /// <summary>Whether the object says what its job runs by.</summary>
    public TrainingJobStatus InForce(TrainingJobStatus status, long generation, bool isInForce) => isInForce
        ? Set(status, generation, ConditionTypes.SpecInForce, TrainingJobCondition.True, "Submitted", "the job runs by this spec")
        : Set(
            status, generation, ConditionTypes.SpecInForce, TrainingJobCondition.False, "SpecChanged",
            "the spec of a job that was submitted can't change: the job goes on by the spec that it was submitted with; change it back, or create another object");

    /// <summary>How far the job is.</summary>
    public TrainingJobStatus Progress(TrainingJobStatus status, long generation, JobProgress progress)
    {
        var now = status with
        {
            ObservedGeneration = generation,
            Step = progress.Step ?? status.Step,
            TotalSteps = progress.TotalSteps ?? status.TotalSteps,
            Loss = progress.Loss ?? status.Loss,
            Accuracy = progress.Accuracy ?? status.Accuracy,
            WeightsSha256 = progress.WeightsSha256 ?? status.WeightsSha256,
        };
        if (progress.Trouble is { } trouble)
            now = Set(now, generation, ConditionTypes.Progressing, TrainingJobCondition.Unknown, trouble.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(trouble), Away(trouble));
        return (progress.State, progress.Trouble) switch
        {
            (JobState.Queued, null) => Set(
                now with { State = ResourceStates.Queued }, generation, ConditionTypes.Progressing, TrainingJobCondition.True, "Queued", "the job waits for its turn"),
            (JobState.Running, null) => Set(
                now with { State = ResourceStates.Running, StartTime = now.StartTime ?? Now }, generation, ConditionTypes.Progressing, TrainingJobCondition.True, "Running", "the job trains"),
            (JobState.Completed, _) => Ended(
                now with { State = ResourceStates.Completed }, generation, ConditionTypes.Complete, "Completed", $"{progress.Step} steps are done"),
            (JobState.Failed, _) => Ended(now with { State = ResourceStates.Failed }, generation, ConditionTypes.Failed, "JobFailed", progress.Error),
            (JobState.Cancelled, _) => Ended(now with { State = ResourceStates.Cancelled }, generation, ConditionTypes.Failed, "Cancelled", "the job was cancelled"),
            _ => now,
        };
    }

    /// <summary>The cluster has lost the job, and can't take it up.</summary>
    public TrainingJobStatus Lost(TrainingJobStatus status, long generation, string message) =>
        Ended(status with { State = ResourceStates.Failed }, generation, ConditionTypes.Failed, "JobLost", message);

    /// <summary>The object waits to go until its job can be cancelled.</summary>
    public TrainingJobStatus NotCancelled(TrainingJobStatus status, long generation, ClusterAnswer answer) => Set(
        status, generation, ConditionTypes.Progressing, TrainingJobCondition.Unknown, answer.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(answer),
        $"the object goes once its job is cancelled: {Away(answer)}");

    /// <summary>Whole seconds, as the API server writes times.</summary>
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());

    private string Away(ClusterAnswer answer) => $"{door}: {answer.Message}";

    private static string Reason(ClusterAnswer answer) => answer.Kind switch
    {
        ClusterAnswerKind.Limited => "LimitExceeded",
        ClusterAnswerKind.NotAllowed => "NotAllowed",
        ClusterAnswerKind.Differs => "OtherJob",
        _ => "RefusedByCluster",
    };

    private TrainingJobStatus Ended(TrainingJobStatus status, long generation, string type, string reason, string message) => Set(
        Set(status with { CompletionTime = status.CompletionTime ?? Now }, generation, ConditionTypes.Progressing, TrainingJobCondition.False, reason, "the job has ended"),
        generation, type, TrainingJobCondition.True, reason, message);

    private TrainingJobStatus Set(TrainingJobStatus status, long generation, string type, string value, string reason, string message)
    {
        const string More = "\n…";
        var shown = message.Length <= TrainingJobCondition.LongestMessage ? message : message[..(TrainingJobCondition.LongestMessage - More.Length)] + More;
        return (status with { ObservedGeneration = generation }).With(new TrainingJobCondition(type, value, reason, shown, Now, generation));
    }
}

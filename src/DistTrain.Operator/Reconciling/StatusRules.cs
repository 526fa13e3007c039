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

    /// <summary>The object is not to have a job now; none was submitted.</summary>
    public TrainingJobStatus HeldBack(TrainingJobStatus status, long generation) => Set(
        status with { State = ResourceStates.Suspended },
        generation, ConditionTypes.Suspended, TrainingJobCondition.True, "NotSubmitted", "the object says suspend: true; the job is submitted once it says false");

    /// <summary>The object may have a job that runs.</summary>
    public TrainingJobStatus GoesOn(TrainingJobStatus status, long generation, string message) => status.Condition(ConditionTypes.Suspended) is null ? status : Set(
        status with { State = ResourceStates.Queued }, generation, ConditionTypes.Suspended, TrainingJobCondition.False, "Resumed", message);

    /// <summary>The job is neither suspended nor taken up again, for now.</summary>
    public TrainingJobStatus NotTurned(TrainingJobStatus status, long generation, ClusterAnswer answer) =>
        Set(status, generation, ConditionTypes.Progressing, TrainingJobCondition.Unknown, answer.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(answer), Away(answer));

    /// <summary>How far the job is.</summary>
    /// <param name="status">What is known.</param>
    /// <param name="generation">Of the object.</param>
    /// <param name="progress">What is news.</param>
    /// <param name="suspends">True when the job was cancelled in order to go on later.</param>
    public TrainingJobStatus Progress(TrainingJobStatus status, long generation, JobProgress progress, bool suspends = false)
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
                now with { State = ResourceStates.Queued }, generation, ConditionTypes.Progressing, TrainingJobCondition.True, "Queued", progress.Waits is "" ? "the job waits for its turn" : progress.Waits),
            (JobState.Running, null) when progress.Waits.Length > 0 => Set(
                now with { State = ResourceStates.Waiting }, generation, ConditionTypes.Progressing, TrainingJobCondition.False, "Waiting", $"the job {progress.Waits}"),
            (JobState.Running, null) => Set(
                now with { State = ResourceStates.Running, StartTime = now.StartTime ?? Now }, generation, ConditionTypes.Progressing, TrainingJobCondition.True, "Running", "the job trains"),
            (JobState.Completed, _) => Ended(
                now with { State = ResourceStates.Completed }, generation, ConditionTypes.Completed, "Completed", $"{progress.Step} steps are done"),
            (JobState.Failed, _) => Ended(now with { State = ResourceStates.Failed }, generation, ConditionTypes.Failed, "JobFailed", progress.Error),
            (JobState.Cancelled, _) when suspends => Suspended(now, generation),
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

    private TrainingJobStatus Suspended(TrainingJobStatus status, long generation)
    {
        const string Reason = "Suspended";
        var now = Set(
            status with { State = ResourceStates.Suspended }, generation, ConditionTypes.Progressing, TrainingJobCondition.False, Reason, "the object says suspend: true");
        return Set(
            now, generation, ConditionTypes.Suspended, TrainingJobCondition.True, Reason, $"stopped at step {status.Step ?? 0}, which is saved; the job goes on from there once the object says suspend: false");
    }

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

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
    public ResourceStatus Invalid(ResourceStatus status, long generation, IReadOnlyList<string> problems) =>
        Set(status with { State = ResourceStates.Invalid }, generation, ConditionTypes.Accepted, ResourceCondition.False, "InvalidSpec", string.Join('\n', problems));

    /// <summary>The job is about to be submitted: from now on there may be one.</summary>
    public ResourceStatus Submitting(ResourceStatus status, long generation, string job, string? sha256) => Set(
        status with { State = ResourceStates.Waiting, JobId = job, SpecSha256 = status.SpecSha256 ?? sha256 },
        generation, ConditionTypes.Accepted, ResourceCondition.Unknown, "Submitting", $"to the cluster at {door}");

    /// <summary>The cluster did not take the job, for now.</summary>
    public ResourceStatus NotTaken(ResourceStatus status, long generation, ClusterAnswer answer) => answer.Kind is ClusterAnswerKind.Away
        ? Set(status with { State = ResourceStates.Waiting }, generation, ConditionTypes.Accepted, ResourceCondition.Unknown, ClusterUnavailable, Away(answer))
        : Set(status with { State = ResourceStates.Refused }, generation, ConditionTypes.Accepted, ResourceCondition.False, Reason(answer), answer.Message);

    /// <summary>The cluster has the job. That of another spec (<paramref name="sha256"/> null) is the one that an earlier generation of the object submitted.</summary>
    public ResourceStatus Taken(ResourceStatus status, long generation, string? sha256) => Set(
        status with { State = ResourceStates.Queued, SpecSha256 = sha256 ?? status.SpecSha256 },
        generation, ConditionTypes.Accepted, ResourceCondition.True, "Submitted", $"as job {status.JobId}");

    /// <summary>Whether the object says what its job runs by.</summary>
    public ResourceStatus InForce(ResourceStatus status, long generation, bool isInForce) => isInForce
        ? Set(status, generation, ConditionTypes.SpecInForce, ResourceCondition.True, "Submitted", "the job runs by this spec")
        : Set(
            status, generation, ConditionTypes.SpecInForce, ResourceCondition.False, "SpecChanged",
            "the spec of a job that was submitted can't change: the job goes on by the spec that it was submitted with; change it back, or create another object");

    /// <summary>The object is not to have a job now; none was submitted.</summary>
    public ResourceStatus HeldBack(ResourceStatus status, long generation) => Set(
        status with { State = ResourceStates.Suspended },
        generation, ConditionTypes.Suspended, ResourceCondition.True, "NotSubmitted", "the object says suspend: true; the job is submitted once it says false");

    /// <summary>The object may have a job that runs.</summary>
    public ResourceStatus GoesOn(ResourceStatus status, long generation, string message) => status.Condition(ConditionTypes.Suspended) is null ? status : Set(
        status with { State = ResourceStates.Queued }, generation, ConditionTypes.Suspended, ResourceCondition.False, "Resumed", message);

    /// <summary>The job is neither suspended nor taken up again, for now.</summary>
    public ResourceStatus NotTurned(ResourceStatus status, long generation, ClusterAnswer answer) =>
        Set(status, generation, ConditionTypes.Progressing, ResourceCondition.Unknown, answer.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(answer), Away(answer));

    /// <summary>How far the job is.</summary>
    /// <param name="status">What is known.</param>
    /// <param name="generation">Of the object.</param>
    /// <param name="progress">What is news.</param>
    /// <param name="suspends">True when the job was cancelled in order to go on later.</param>
    public ResourceStatus Progress(ResourceStatus status, long generation, JobProgress progress, bool suspends = false)
    {
        var now = status.With(progress) with { ObservedGeneration = generation };
        if (progress.Trouble is { } trouble)
            now = Set(now, generation, ConditionTypes.Progressing, ResourceCondition.Unknown, trouble.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(trouble), Away(trouble));
        return (progress.State, progress.Trouble) switch
        {
            (JobState.Queued, null) => Set(
                now with { State = ResourceStates.Queued }, generation, ConditionTypes.Progressing, ResourceCondition.True, "Queued", progress.Waits is "" ? "the job waits for its turn" : progress.Waits),
            (JobState.Running, null) when progress.Waits.Length > 0 => Set(
                now with { State = ResourceStates.Waiting }, generation, ConditionTypes.Progressing, ResourceCondition.False, "Waiting", $"the job {progress.Waits}"),
            (JobState.Running, null) => Set(
                now with { State = ResourceStates.Running, StartTime = now.StartTime ?? Now }, generation, ConditionTypes.Progressing, ResourceCondition.True, "Running", "the job runs"),
            (JobState.Completed, _) => Ended(
                now with { State = ResourceStates.Completed }, generation, ConditionTypes.Completed, "Completed", progress.Found ?? $"{progress.Step} steps are done"),
            (JobState.Failed, _) => Ended(now with { State = ResourceStates.Failed }, generation, ConditionTypes.Failed, "JobFailed", progress.Error),
            (JobState.Cancelled, _) when suspends => Suspended(now, generation),
            (JobState.Cancelled, _) => Ended(now with { State = ResourceStates.Cancelled }, generation, ConditionTypes.Failed, "Cancelled", "the job was cancelled"),
            _ => now,
        };
    }

    /// <summary>The cluster has lost the job, and can't take it up.</summary>
    public ResourceStatus Lost(ResourceStatus status, long generation, string message) =>
        Ended(status with { State = ResourceStates.Failed }, generation, ConditionTypes.Failed, "JobLost", message);

    /// <summary>The object waits to go until its job can be cancelled.</summary>
    public ResourceStatus NotCancelled(ResourceStatus status, long generation, ClusterAnswer answer) => Set(
        status, generation, ConditionTypes.Progressing, ResourceCondition.Unknown, answer.Kind is ClusterAnswerKind.Away ? ClusterUnavailable : Reason(answer),
        $"the object goes once its job is cancelled: {Away(answer)}");

    /// <summary>Whole seconds, as the API server writes times.</summary>
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());

    private string Away(ClusterAnswer answer) => $"{door}: {answer.Message}";

    private static string Reason(ClusterAnswer answer) => answer.Kind switch
    {
        ClusterAnswerKind.Limited => "LimitExceeded",
        ClusterAnswerKind.NotAllowed => "NotAllowed",
        ClusterAnswerKind.Differs => "OtherJob",
        ClusterAnswerKind.NotFound => "NoTrainingJob",
        _ => "RefusedByCluster",
    };

    private ResourceStatus Suspended(ResourceStatus status, long generation)
    {
        const string Reason = "Suspended";
        var now = Set(
            status with { State = ResourceStates.Suspended }, generation, ConditionTypes.Progressing, ResourceCondition.False, Reason, "the object says suspend: true");
        return Set(
            now, generation, ConditionTypes.Suspended, ResourceCondition.True, Reason, $"stopped at step {status.Step ?? 0}, which is saved; the job goes on from there once the object says suspend: false");
    }

    private ResourceStatus Ended(ResourceStatus status, long generation, string type, string reason, string message) => Set(
        Set(status with { CompletionTime = status.CompletionTime ?? Now }, generation, ConditionTypes.Progressing, ResourceCondition.False, reason, "the job has ended"),
        generation, type, ResourceCondition.True, reason, message);

    private ResourceStatus Set(ResourceStatus status, long generation, string type, string value, string reason, string message)
    {
        const string More = "\n…";
        var shown = message.Length <= ResourceCondition.LongestMessage ? message : message[..(ResourceCondition.LongestMessage - More.Length)] + More;
        return (status with { ObservedGeneration = generation }).With(new ResourceCondition(type, value, reason, shown, Now, generation));
    }
}

using System.Text.Json;

namespace DistTrain.Operator.Resources;

/// <summary>What became of a job. The operator alone writes it.</summary>
public sealed record TrainingJobStatus
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>Generation of the spec that all this is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>One of <see cref="ResourceStates"/>.</summary>
    public string? State { get; init; }

    /// <summary>Id of the job on the cluster. It is written before the job is submitted: without it, nothing was.</summary>
    public string? JobId { get; init; }

    /// <summary>Of the job file that was submitted, in canonical form.</summary>
    public string? SpecSha256 { get; init; }

    /// <summary>Committed steps.</summary>
    public long? Step { get; init; }

    public long? TotalSteps { get; init; }

    /// <summary>Mean training loss of the last committed step; of a completed job, of its last epoch.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of the test set that the newest evaluation found right, 0..1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The numbers for people.</summary>
    public StatusDisplay Display => StatusDisplay.Of(this);

    /// <summary>Of the final parameters and buffers.</summary>
    public string? WeightsSha256 { get; init; }

    /// <summary>When the job was first seen running.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When its end was seen.</summary>
    public DateTimeOffset? CompletionTime { get; init; }

    public IReadOnlyList<TrainingJobCondition> Conditions { get; init; } = [];

    internal bool HasEnded => State is ResourceStates.Completed or ResourceStates.Failed or ResourceStates.Cancelled;

    /// <summary>True once the cluster has taken the job.</summary>
    internal bool IsAccepted => Conditions.Any(c => c is { Type: ConditionTypes.Accepted, Status: TrainingJobCondition.True });

    internal TrainingJobCondition? Condition(string type) => Conditions.FirstOrDefault(c => c.Type == type);

    /// <summary>The same without what changes with each step.</summary>
    internal TrainingJobStatus WithoutNumbers => this with { Step = null, Loss = null, Accuracy = null };

    /// <summary>True when both say the same.</summary>
    internal bool IsAs(TrainingJobStatus other) => (this with { Conditions = [] }) == (other with { Conditions = [] }) && Conditions.SequenceEqual(other.Conditions);

    /// <summary>All of it; what is unknown is null, so that a merge takes away what was there.</summary>
    internal JsonElement ToJson() => JsonSerializer.SerializeToElement(this, _json);

    /// <summary>The same, with a condition; its time is kept while its status is what it was.</summary>
    internal TrainingJobStatus With(TrainingJobCondition condition)
    {
        var before = Conditions.FirstOrDefault(c => c.Type == condition.Type);
        var now = before?.Status == condition.Status ? condition with { LastTransitionTime = before.LastTransitionTime } : condition;
        return this with { Conditions = before is null ? [.. Conditions, now] : [.. Conditions.Select(c => c == before ? now : c)] };
    }
}

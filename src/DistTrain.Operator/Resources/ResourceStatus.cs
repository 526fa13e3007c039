using System.Text.Json;

namespace DistTrain.Operator.Resources;

/// <summary>What became of a job. The operator alone writes it.</summary>
public sealed record ResourceStatus : JobFigures
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

    /// <summary>Of a probe whose spec names a TrainingJob object: id of that one's job, once the cluster has taken the probe.</summary>
    public string? WeightsJob { get; init; }

    /// <summary>The numbers for people.</summary>
    public StatusDisplay Display => StatusDisplay.Of(this);

    /// <summary>When the job was first seen running.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When its end was seen.</summary>
    public DateTimeOffset? CompletionTime { get; init; }

    public IReadOnlyList<ResourceCondition> Conditions { get; init; } = [];

    internal bool HasEnded => State is ResourceStates.Completed or ResourceStates.Failed or ResourceStates.Cancelled;

    /// <summary>True once the cluster has taken the job.</summary>
    internal bool IsAccepted => Conditions.Any(c => c is { Type: ConditionTypes.Accepted, Status: ResourceCondition.True });

    internal ResourceCondition? Condition(string type) => Conditions.FirstOrDefault(c => c.Type == type);

    /// <summary>The same without what changes with each step.</summary>
    internal ResourceStatus WithoutNumbers => this with { Step = null, Loss = null, Accuracy = null, LambdaMax = null, LambdaMin = null };

    /// <summary>True when both say the same.</summary>
    internal bool IsAs(ResourceStatus other) => (this with { Conditions = [] }) == (other with { Conditions = [] }) && Conditions.SequenceEqual(other.Conditions);

    /// <summary>All of it; what is unknown is null, so that a merge takes away what was there.</summary>
    internal JsonElement ToJson() => JsonSerializer.SerializeToElement(this, _json);

    /// <summary>The same, with what is news.</summary>
    internal ResourceStatus With(JobFigures news) => this with
    {
        Step = news.Step ?? Step,
        TotalSteps = news.TotalSteps ?? TotalSteps,
        Loss = news.Loss ?? Loss,
        Accuracy = news.Accuracy ?? Accuracy,
        WeightsSha256 = news.WeightsSha256 ?? WeightsSha256,
        Verdict = news.Verdict ?? Verdict,
        LambdaMax = news.LambdaMax ?? LambdaMax,
        LambdaMin = news.LambdaMin ?? LambdaMin,
        GradientNorm = news.GradientNorm ?? GradientNorm,
        Positive = news.Positive ?? Positive,
        Negative = news.Negative ?? Negative,
        Trace = news.Trace ?? Trace,
        FindingsSha256 = news.FindingsSha256 ?? FindingsSha256,
    };

    /// <summary>The same, with a condition; its time is kept while its status is what it was.</summary>
    internal ResourceStatus With(ResourceCondition condition)
    {
        var before = Conditions.FirstOrDefault(c => c.Type == condition.Type);
        var now = before?.Status == condition.Status ? condition with { LastTransitionTime = before.LastTransitionTime } : condition;
        return this with { Conditions = before is null ? [.. Conditions, now] : [.. Conditions.Select(c => c == before ? now : c)] };
    }
}

namespace DistTrain.Operator.Resources;

/// <summary>Types of conditions; docs/kubernetes.md says what each means.</summary>
public static class ConditionTypes
{
    /// <summary>The cluster has taken the job.</summary>
    public const string Accepted = "Accepted";

    /// <summary>The spec is the one that the job runs by.</summary>
    public const string SpecInForce = "SpecInForce";

    /// <summary>The job waits for its turn or trains.</summary>
    public const string Progressing = "Progressing";

    /// <summary>The job is done.</summary>
    public const string Complete = "Complete";

    /// <summary>The job ended without being done.</summary>
    public const string Failed = "Failed";
}

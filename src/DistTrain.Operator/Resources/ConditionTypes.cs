namespace DistTrain.Operator.Resources;

/// <summary>Types of conditions; docs/kubernetes.md says what each means.</summary>
public static class ConditionTypes
{
    /// <summary>The cluster has taken the job.</summary>
    public const string Accepted = "Accepted";

    /// <summary>The spec is the one that the job runs by.</summary>
    public const string SpecInForce = "SpecInForce";

    /// <summary>The job waits for its turn or trains; False when it waits for somebody else, is suspended or has ended.</summary>
    public const string Progressing = "Progressing";

    /// <summary>The object says that the job is not to run now.</summary>
    public const string Suspended = "Suspended";

    /// <summary>The job is done.</summary>
    public const string Completed = "Completed";

    /// <summary>The job ended without being done.</summary>
    public const string Failed = "Failed";
}

namespace DistTrain.Operator.Resources;

/// <summary>The state in one word, as <c>kubectl get</c> shows it; the conditions say why.</summary>
public static class ResourceStates
{
    /// <summary>The spec has mistakes; nothing was submitted.</summary>
    public const string Invalid = "Invalid";

    /// <summary>The cluster does not take the job as things are.</summary>
    public const string Refused = "Refused";

    /// <summary>Not submitted yet: the cluster does not answer, or was not asked yet. Or submitted, and the job waits for a server or data.</summary>
    public const string Waiting = "Waiting";

    public const string Queued = "Queued";

    public const string Running = "Running";

    /// <summary>Stopped, with what was committed saved, until the object says otherwise.</summary>
    public const string Suspended = "Suspended";

    public const string Completed = "Completed";

    public const string Failed = "Failed";

    public const string Cancelled = "Cancelled";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Invalid, Refused, Waiting, Queued, Running, Suspended, Completed, Failed, Cancelled];
}

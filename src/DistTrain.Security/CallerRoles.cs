namespace DistTrain.Security;

/// <summary>What a caller may do.</summary>
public static class CallerRoles
{
    /// <summary>Submits jobs, and sees, cancels, resumes and downloads its own.</summary>
    public const string Submitter = "submitter";

    /// <summary>The same with everybody's jobs.</summary>
    public const string Operator = "operator";

    /// <summary>A process of the cluster: gradients, versions and moments go between these only.</summary>
    public const string Worker = "worker";

    public static IReadOnlyList<string> All { get; } = [Submitter, Operator, Worker];
}

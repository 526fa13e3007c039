namespace DistTrain.ParameterServer.Partitions;

/// <summary>What becomes of a step.</summary>
internal enum VerdictKind
{
    /// <summary>The optimizer steps.</summary>
    Update,

    /// <summary>The next version is this one again; its examples are passed over.</summary>
    Skip,

    /// <summary>The step is not taken: the job goes back to a checkpoint, or fails.</summary>
    Fault,
}

/// <param name="Kind">What becomes of the step.</param>
/// <param name="Reason">Why it makes no update, in words for the user; null when it does.</param>
/// <param name="PassedOverTo">It makes no update because training went back from this step, whatever its numbers are; null: it is not that.</param>
internal readonly record struct Verdict(VerdictKind Kind, string? Reason, long? PassedOverTo = null)
{
    public bool IsSkip => Kind == VerdictKind.Skip;

    public static Verdict Skip(string reason) => new(VerdictKind.Skip, reason);

    public static Verdict PassOver(long to) => new(VerdictKind.Skip, $"passed over on the way back from step {to}", to);

    public static Verdict Fault(string reason) => new(VerdictKind.Fault, reason);
}

/// <summary>Why the open step must not be taken.</summary>
/// <param name="Step">The step.</param>
/// <param name="Reason">In words for the user.</param>
/// <param name="RollsBack">Training can go on from a checkpoint without the step's examples.</param>
internal sealed record StepFault(long Step, string Reason, bool RollsBack)
{
    public Protocol.StepFault ToMessage() => new() { Step = Step, Reason = Reason, RollsBack = RollsBack };
}

namespace DistTrain.Training.Steps;

/// <param name="Kind">What becomes of the step.</param>
/// <param name="Reason">Why it makes no update, in words for the user; null when it does.</param>
/// <param name="PassedOverTo">It makes no update because training went back from this step, whatever its numbers are; null: it is not that.</param>
public readonly record struct Verdict(VerdictKind Kind, string? Reason, long? PassedOverTo = null)
{
    public bool IsSkip => Kind == VerdictKind.Skip;

    public static Verdict Skip(string reason) => new(VerdictKind.Skip, reason);

    public static Verdict PassOver(long to) => new(VerdictKind.Skip, $"passed over on the way back from step {to}", to);

    public static Verdict Fault(string reason) => new(VerdictKind.Fault, reason);
}

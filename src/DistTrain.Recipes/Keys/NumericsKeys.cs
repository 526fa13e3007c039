using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.numerics</c>.</summary>
internal static class NumericsKeys
{
    public static JobKey Section { get; } = JobKey.SectionOf("spec.numerics", "what happens when numbers go wrong");

    public static JobKey Policy { get; } =
        new("spec.numerics.policy", new ChoiceRule("a policy", NumericsPolicies.All), NumericsPolicies.Stop, "what a step whose gradient or loss is not finite, or is an outlier, does; stop: the job fails with rank, step and tensor; skip-step: it makes no update and its examples are passed over; rollback: training goes on from the checkpoint before it, and the examples from there to the step are passed over (2204.02311)")
        {
            ValueIn = j => j.Spec.Numerics.Policy,
        };

    public static JobKey OutlierFactor { get; } = JobKey.NumberOf(
        "spec.numerics",
        new("outlierFactor", OptionKind.Number, 0.0, "a step is an outlier when the norm of a rank's mean gradient exceeds so many times the median norm of the last 32 updates' gradients; 0: none is; not below 1 otherwise") { Minimum = 0 },
        j => j.Spec.Numerics.OutlierFactor);

    public static JobKey ReplayCheck { get; } =
        new("spec.numerics.replayCheck", new WholeRule(0, 1_000_000_000), 0L, "every so many steps a rank's gradient is computed a second time by another rank, on another silo if there is one, and the bytes are compared; a difference ends the job; 0: never")
        {
            DecidesBits = false,
            ValueIn = j => j.Spec.Numerics.ReplayCheck,
        };

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Section, Policy, OutlierFactor, ReplayCheck];
}

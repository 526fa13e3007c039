namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.probe</c>; a resolved job that measures nothing is written without them.</summary>
internal static class UpdateProbeKeys
{
    public static JobKey Section { get; } = JobKey.SectionOf("spec.probe", "what is measured of the loss landscape under way");

    public static JobKey EverySteps { get; } =
        new("spec.probe.everySteps", new WholeRule(0, 1_000_000_000), null, "updates between two measurements; each costs at most seven forward passes over a step's examples; 0: never")
        {
            DefaultText = "0",
            DecidesBits = false,
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0 and var every } ? every : null,
        };

    public static JobKey What { get; } =
        new("spec.probe.what", new ChoiceRule("a measurement", UpdateProbes.All), null, "critical-sharpness: 2 over the rate at which the step's update would raise the loss over the step's examples (2601.16979), beside 2 over its rate; where the two meet training is at the edge of stability")
        {
            DefaultText = UpdateProbes.CriticalSharpness,
            DecidesBits = false,
            IgnoredWhen = "everySteps is 0",
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0, What: var what } ? what : null,
        };

    public static IReadOnlyList<JobKey> All { get; } = [Section, EverySteps, What];
}

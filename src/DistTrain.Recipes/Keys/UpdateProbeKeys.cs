namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.probe</c>; a resolved job that measures nothing is written without them.</summary>
internal static class UpdateProbeKeys
{
    private const string NoCurvature = "everySteps is 0, or what is not curvature";

    public static JobKey Section { get; } = JobKey.SectionOf("spec.probe", "what is measured of the loss landscape under way");

    public static JobKey EverySteps { get; } =
        new("spec.probe.everySteps", new WholeRule(0, 1_000_000_000), null, "updates between two measurements; one of critical sharpness costs at most seven forward passes over a step's examples, one of curvature some two gradient passes over its examples for each product, one of smoothness nine in float64 over a step's examples, by one silo; 0: never")
        {
            DefaultText = "0",
            DecidesBits = false,
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0 and var every } ? every : null,
        };

    public static JobKey What { get; } =
        new("spec.probe.what", new ChoiceRule("a measurement", UpdateProbes.All), null, "critical-sharpness: 2 over the rate at which the step's update would raise the loss over the step's examples (2601.16979), beside 2 over its rate; where the two meet training is at the edge of stability. curvature: the largest and the smallest eigenvalue of the Hessian at the weights after the update, over examples of the training set, beside the same; one rank computes them while the others wait. smoothness: how much loss and gradient change along the gradient of the step that made the update, from half to four times its rate, with the batch statistics of training (1805.11604); by one rank too")
        {
            DefaultText = UpdateProbes.CriticalSharpness,
            DecidesBits = false,
            IgnoredWhen = "everySteps is 0",
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0, What: var what } ? what : null,
        };

    public static JobKey Examples { get; } =
        new("spec.probe.examples", new WholeRule(1, 100_000_000), null, "curvature: how many examples of the training set the loss is over, those that a first epoch of the seed begins with; all where there are fewer")
        {
            DefaultText = ValueText.Of((long)ProbeChoices.DefaultExamples),
            DecidesBits = false,
            IgnoredWhen = NoCurvature,
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0, IsCurvature: true, Examples: var examples } ? examples : null,
        };

    public static JobKey Products { get; } =
        new("spec.probe.products", new WholeRule(1, 1000), null, "curvature: most Hessian-vector products; fewer where both ends are found sooner; as many as there are parameters, or more, find all eigenvalues, and the share of each sign (the lecture's minimum ratio)")
        {
            DefaultText = ValueText.Of((long)UpdateProbeRecipe.DefaultProducts),
            DecidesBits = false,
            IgnoredWhen = NoCurvature,
            ValueIn = j => j.Spec.UpdateProbe is { EverySteps: > 0, IsCurvature: true, Products: var products } ? products : null,
        };

    public static IReadOnlyList<JobKey> All { get; } = [Section, EverySteps, What, Examples, Products];
}

namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> that name parameters by patterns.</summary>
internal static class ParameterRateKeys
{
    public static JobKey Freeze { get; } =
        new("spec.freeze", new PatternsRule(), null, "parameters that take no update, of weight decay neither; * stands for any characters, ? for one; each pattern has to match a parameter; running statistics of norms go on")
        {
            DefaultText = "none",
            ValueIn = j => j.Spec.Freeze is { Count: > 0 } patterns ? patterns : null,
        };

    public static JobKey Rates { get; } =
        new("spec.rates", new RateFactorsRule(), null, "what the learning rate of some parameters is multiplied by, {pattern: factor}; patterns as in freeze, at most one for each parameter; of one that is frozen it has no effect")
        {
            DefaultText = "none: 1 for all",
            ValueIn = j => j.Spec.Rates is { Count: > 0 } factors ? factors : null,
        };

    public static IReadOnlyList<JobKey> All { get; } = [Freeze, Rates];
}

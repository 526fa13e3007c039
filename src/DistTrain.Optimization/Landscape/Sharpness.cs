namespace DistTrain.Optimization.Landscape;

/// <summary>
/// How high the loss rises within a box around the weights (Keskar et al. 2017, 1609.04836, metric 2.1 of section 2.2.2):
/// <code>
/// φ = 100 · (max over y in the box of L(w + y) − L(w)) / (1 + L(w))
/// </code>
/// The maximum is the highest loss that two searches have seen (<see cref="BoxSearch{T}"/>): the true one is no lower.
/// </summary>
/// <param name="Box">Which box.</param>
/// <param name="Radius">Its ε or ρ.</param>
/// <param name="Value">φ.</param>
/// <param name="Highest">The loss there.</param>
/// <param name="Passes">Losses that it took.</param>
/// <param name="IsAtCorner">The search ended at a corner that its gradient does not lead away from, and not because its passes were used up.</param>
public sealed record Sharpness(SharpnessBox Box, double Radius, double Value, double Highest, int Passes, bool IsAtCorner)
{
    /// <summary>What searches say of their boxes.</summary>
    /// <param name="searches">All of them, done.</param>
    /// <param name="plan">What was wanted.</param>
    public static IReadOnlyList<Sharpness> Of(IEnumerable<BoxSearchRecord> searches, SharpnessPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return [.. searches.GroupBy(search => search.Box).Select(box =>
        {
            var best = box.MaxBy(search => search.Highest)!;
            var (at, highest) = (best.Losses[0], best.Highest);
            return new Sharpness(box.Key, plan.RadiusOf(box.Key), 100 * (highest - at) / (1 + at), highest, box.Sum(search => search.Losses.Count), best.IsAtCorner);
        })];
    }
}

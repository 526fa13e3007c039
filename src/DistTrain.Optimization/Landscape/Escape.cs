namespace DistTrain.Optimization.Landscape;

/// <summary>
/// A way down from a saddle: along a unit vector v of negative curvature λ the loss falls both ways as soon as the gradient is 0, to second order by
/// ½·|λ|·length² (Dauphin et al. 2014, 1406.2572). How far is tried, since nothing says how long that stays true:
/// <code>
/// first: ½·|λ|·first² = a hundredth of the loss
/// each way, from first on: double while the loss falls; where the first is no lower, halve until one is lower than before
/// the lowest of all that were tried
/// </code>
/// </summary>
/// <param name="Length">Along v, negative: the other way; 0: nothing that was tried is lower.</param>
/// <param name="Before">Loss at 0.</param>
/// <param name="After">Loss there.</param>
/// <param name="Measurements">Losses that were asked for.</param>
public sealed record Escape(double Length, double Before, double After, int Measurements)
{
    /// <summary>Doublings or halvings each way.</summary>
    private const int Most = 24;

    private const double FirstGain = 0.01;

    /// <summary>True: the loss is lower there.</summary>
    public bool IsLower => After < Before;

    /// <param name="loss">At a length along v. What is not a number is not lower.</param>
    /// <param name="before">Loss at 0.</param>
    /// <param name="curvature">λ, below 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The curvature is not negative.</exception>
    public static Escape Search(Func<double, double> loss, double before, double curvature)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(curvature, 0);
        var first = Math.Sqrt(2 * FirstGain * (before > 0 ? before : 1) / -curvature);
        var measurements = 0;
        var (one, other) = (Follow(first), Follow(-first));
        return (other.After < one.After ? other : one) with { Measurements = measurements };

        Escape Follow(double length)
        {
            var here = new Escape(0, before, before, 0);
            var next = At(length);
            // Halves until one is lower, or doubles while the next is lower still.
            for (var tries = 0; !next.IsLower && tries < Most; tries++)
                next = At(length /= 2);
            var doubles = length == first || length == -first;
            for (var tries = 0; next.After < here.After; tries++)
            {
                here = next;
                if (!doubles || tries == Most)
                    break;
                next = At(length *= 2);
            }

            return here;
        }

        Escape At(double length)
        {
            measurements++;
            return new Escape(length, before, loss(length), 0);
        }
    }
}

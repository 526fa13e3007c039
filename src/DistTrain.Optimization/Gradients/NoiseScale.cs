namespace DistTrain.Optimization.Gradients;

/// <summary>
/// The gradient noise scale of a run (1812.06162, appendix A.1): what single steps tell of it (<see cref="NoiseEstimate"/>), smoothed.
/// <code>
/// scale = tr Σ / |G|²                          of running means of both: the ratio of single steps is biased
/// </code>
/// </summary>
/// <param name="Square">Running mean of the estimates of |G|², not yet divided by <see cref="Weight"/>.</param>
/// <param name="Trace">The same of tr Σ.</param>
/// <param name="SmallSquare">The same of mean|gᵢ|².</param>
/// <param name="LargeSquare">The same of |ḡ|².</param>
/// <param name="Weight">1 − smoothing^steps: the debiasing divisor (1412.6980, section 3).</param>
public readonly record struct NoiseScale(double Square, double Trace, double SmallSquare, double LargeSquare, double Weight)
{
    /// <summary>Share of the running means that a step keeps, unless the job says another: about the last twenty steps count.</summary>
    public const double Smoothing = 0.95;

    /// <summary>tr Σ / |G|² in examples; not finite or not positive while the estimates do not allow it.</summary>
    public double Scale => Trace / Square;

    /// <summary>
    /// AdaScale's gain (2007.05105, section 3): how many reference steps of one rank's batch a step of all ranks is worth, between 1 and the number of
    /// ranks; 1 while nothing is known.
    /// </summary>
    /// <param name="ranks">Number of ranks.</param>
    public double Gain(int ranks) => LargeSquare > 0 ? Math.Clamp(SmallSquare / LargeSquare, 1, ranks) : 1;

    /// <summary>Takes one step in; one that tells nothing changes nothing.</summary>
    /// <param name="step">What the step tells of the noise; null: nothing.</param>
    /// <param name="smoothing">Share of the running means kept.</param>
    public NoiseScale With(NoiseEstimate? step, double smoothing)
    {
        if (step is not { } now)
            return this;
        double Smooth(double before, double next) => (smoothing * before) + ((1 - smoothing) * next);
        return new NoiseScale(
            Smooth(Square, now.Square),
            Smooth(Trace, now.Trace),
            Smooth(SmallSquare, now.SmallSquare),
            Smooth(LargeSquare, now.LargeSquare),
            Smooth(Weight, 1));
    }

    /// <summary>The same from a step's gradients.</summary>
    /// <param name="averageSquare">|ḡ|² of the gradient averaged over all examples.</param>
    /// <param name="shares">For each rank its examples, and the squared norm of what it pushed: the sum over its examples divided by those of all.</param>
    /// <param name="smoothing">Share of the running means kept.</param>
    public NoiseScale With(double averageSquare, IReadOnlyList<(int Examples, double Square)> shares, double smoothing) =>
        With(NoiseEstimate.Of(averageSquare, shares), smoothing);
}

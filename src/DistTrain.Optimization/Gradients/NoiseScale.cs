namespace DistTrain.Optimization.Gradients;

/// <summary>
/// The gradient noise scale from one step's gradients, which the server sees anyway (1812.06162, appendix A.1). With mean gradients gᵢ over bᵢ
/// examples, E|gᵢ|² = |G|² + tr Σ / bᵢ; so the mean of |gᵢ|² over the ranks is that of a batch of the harmonic mean h of the bᵢ, and with the average
/// ḡ over all B examples two batch sizes are seen at once:
/// <code>
/// |G|²  ≈ (B |ḡ|² − h mean|gᵢ|²) / (B − h)
/// tr Σ  ≈ (mean|gᵢ|² − |ḡ|²) / (1/h − 1/B)
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
    /// <summary>tr Σ / |G|² in examples; not finite or not positive while the estimates do not allow it.</summary>
    public double Scale => Trace / Square;

    /// <summary>
    /// AdaScale's gain (2007.05105, section 3): how many reference steps of one rank's batch a step of all ranks is worth, between 1 and the number of
    /// ranks; 1 while nothing is known.
    /// </summary>
    /// <param name="ranks">Number of ranks.</param>
    public double Gain(int ranks) => LargeSquare > 0 ? Math.Clamp(SmallSquare / LargeSquare, 1, ranks) : 1;

    /// <summary>Takes one step in.</summary>
    /// <param name="averageSquare">|ḡ|² of the gradient averaged over all examples.</param>
    /// <param name="shares">For each rank its examples, and the squared norm of what it pushed: the sum over its examples divided by those of all.</param>
    /// <param name="smoothing">Share of the running means kept.</param>
    public NoiseScale With(double averageSquare, IReadOnlyList<(int Examples, double Square)> shares, double smoothing)
    {
        double examples = 0, inverse = 0, squares = 0;
        var ranks = 0;
        foreach (var share in shares)
            examples += share.Examples;
        foreach (var (count, square) in shares)
        {
            // A rank without examples has no mean gradient.
            if (count == 0)
                continue;
            ranks++;
            inverse += 1.0 / count;
            // What was pushed is bᵢ/B times the rank's mean gradient.
            squares += square * (examples / count) * (examples / count);
        }

        if (ranks < 2)
            return this;
        var (harmonic, mean) = (ranks / inverse, squares / ranks);
        double Smooth(double before, double now) => (smoothing * before) + ((1 - smoothing) * now);
        return new NoiseScale(
            Smooth(Square, ((examples * averageSquare) - (harmonic * mean)) / (examples - harmonic)),
            Smooth(Trace, (mean - averageSquare) / ((1 / harmonic) - (1 / examples))),
            Smooth(SmallSquare, mean),
            Smooth(LargeSquare, averageSquare),
            Smooth(Weight, 1));
    }
}

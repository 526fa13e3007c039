namespace DistTrain.Optimization.Gradients;

/// <summary>
/// What one step's gradients, which the server sees anyway, tell of their noise (1812.06162, appendix A.1). With mean gradients gᵢ over bᵢ
/// examples, E|gᵢ|² = |G|² + tr Σ / bᵢ; so the mean of |gᵢ|² over the ranks is that of a batch of the harmonic mean h of the bᵢ, and with the average
/// ḡ over all B examples two batch sizes are seen at once:
/// <code>
/// |G|²  ≈ (B |ḡ|² − h mean|gᵢ|²) / (B − h)
/// tr Σ  ≈ (mean|gᵢ|² − |ḡ|²) / (1/h − 1/B)
/// </code>
/// Both are unbiased where the examples of a step are drawn independently, and of either sign in a single step.
/// </summary>
/// <param name="Square">Estimate of |G|², the squared norm of the gradient over all examples.</param>
/// <param name="Trace">Estimate of tr Σ, the variance of a single example's gradient over all of its elements.</param>
/// <param name="SmallSquare">mean|gᵢ|².</param>
/// <param name="LargeSquare">|ḡ|².</param>
public readonly record struct NoiseEstimate(double Square, double Trace, double SmallSquare = 0, double LargeSquare = 0)
{
    /// <summary>The estimates from a step; null where fewer than two ranks have examples.</summary>
    /// <param name="averageSquare">|ḡ|² of the gradient averaged over all examples.</param>
    /// <param name="shares">For each rank its examples, and the squared norm of what it pushed: the sum over its examples divided by those of all.</param>
    public static NoiseEstimate? Of(double averageSquare, IReadOnlyList<(int Examples, double Square)> shares)
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
            return null;
        var (harmonic, mean) = (ranks / inverse, squares / ranks);
        return new NoiseEstimate(
            ((examples * averageSquare) - (harmonic * mean)) / (examples - harmonic),
            (mean - averageSquare) / ((1 / harmonic) - (1 / examples)),
            mean,
            averageSquare);
    }
}

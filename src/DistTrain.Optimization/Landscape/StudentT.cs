namespace DistTrain.Optimization.Landscape;

/// <summary>Student's t distribution: how wide an error bar of a mean of few values must be.</summary>
public static class StudentT
{
    /// <summary>The t for which a share <paramref name="confidence"/> of the distribution lies within ±t.</summary>
    /// <param name="confidence">In (0, 1).</param>
    /// <param name="degrees">Degrees of freedom, at least 1: values less 1.</param>
    public static double Quantile(double confidence, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        if (!(confidence is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "must lie between 0 and 1");
        // t = sqrt(ν)·tan θ, and the share within is a monotone function of the angle.
        var (low, high) = (0.0, Math.PI / 2);
        for (var middle = high / 2; middle > low && middle < high; middle = low + ((high - low) / 2))
        {
            if (Within(middle, degrees) < confidence)
                low = middle;
            else
                high = middle;
        }

        return Math.Sqrt(degrees) * Math.Tan(low);
    }

    /// <summary>The share within ±sqrt(ν)·tan θ: Abramowitz and Stegun, 26.7.3 and 26.7.4.</summary>
    private static double Within(double angle, int degrees)
    {
        var (sine, cosine) = Math.SinCos(angle);
        var isOdd = degrees % 2 == 1;
        var (sum, term) = (0.0, isOdd ? cosine : 1);
        for (var k = isOdd ? 3 : 2; k <= degrees; k += 2)
        {
            sum += term;
            term *= cosine * cosine * (k - 1) / k;
        }

        return isOdd ? 2 / Math.PI * (angle + (sine * sum)) : sine * sum;
    }
}

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// The line search of critical sharpness (2601.16979, section 3), with forward passes only. Along the update Δ of a step, L(s) is the loss at w + s·Δ:
/// <code>
/// s_c = the smallest s > 0 with L(s) > L(0)           η_c = s_c · η           λ_c = 2 / η_c
/// </code>
/// By doubling or halving from a first guess until s_c lies between two scales, then by halving the ratio of these on a logarithmic scale. It takes a loss
/// that first falls and then rises; one that rises before it falls again deceives it, as it does the paper's. Not finite counts as risen.
/// </summary>
/// <param name="guess">Where to look first; above 0.</param>
public sealed class CriticalScale(double guess = 1)
{
    /// <summary>Most passes: one at the weights themselves, and six.</summary>
    public const int MostPasses = 7;

    /// <summary>A bracket as narrow as this is not narrowed further.</summary>
    private const double Narrow = 1.0625;

    private double _atZero = double.NaN;

    /// <summary>The scale whose loss is wanted next; 0 first.</summary>
    public double Next { get; private set; }

    /// <summary>Losses taken so far.</summary>
    public int Passes { get; private set; }

    /// <summary>L(0).</summary>
    public double LossBefore => _atZero;

    /// <summary>The largest scale known at which the loss has not risen; 0: none is known.</summary>
    public double Low { get; private set; }

    /// <summary>The smallest scale known at which it has; infinite: none is known.</summary>
    public double High { get; private set; } = double.PositiveInfinity;

    /// <summary>s_c, in the middle of the bracket on a logarithmic scale; null where it is open at an end.</summary>
    public double? Scale => Low > 0 && double.IsFinite(High) ? Math.Sqrt(Low * High) : null;

    /// <summary>No loss is wanted any more.</summary>
    public bool IsDone => Passes > 0 && (!double.IsFinite(_atZero) || Passes == MostPasses || High / Low <= Narrow);

    /// <summary>Takes the loss at <see cref="Next"/>.</summary>
    public void Take(double loss)
    {
        if (Passes++ == 0)
        {
            (_atZero, Next) = (loss, guess);
            return;
        }

        if (loss <= _atZero)
            Low = Next;
        else
            High = Next;
        Next = Scale ?? (Low > 0 ? 2 * Low : High / 2);
    }
}

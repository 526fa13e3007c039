namespace DistTrain.Optimization.Batches;

/// <summary>A batch that follows the gradient noise scale.</summary>
/// <param name="From">The least.</param>
/// <param name="To">The largest.</param>
/// <param name="EverySteps">Steps between two changes.</param>
/// <param name="Smoothing">Share of the running means of the noise kept at each step, in [0, 1).</param>
public sealed record BatchFollowing(long From, long To, long EverySteps, double Smoothing)
{
    /// <summary>The batch after a look at the noise: its scale, at most twice or half the batch before, within the bounds.</summary>
    /// <param name="batch">The batch before.</param>
    /// <param name="scale">The estimate; not positive or not finite when there is none: then nothing changes.</param>
    public int Next(int batch, double scale)
    {
        if (!double.IsFinite(scale) || scale <= 0)
            return batch;
        var wanted = Math.Clamp(Math.Round(scale), Math.Max(1, batch / 2), 2L * batch);
        return (int)Math.Clamp(wanted, From, To);
    }
}

using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Scaling;

/// <summary>
/// What becomes of a learning rate and a warm-up that were tuned at a reference batch when the batch is another one:
/// <code>
/// k = batch / referenceBatch
/// linear:  rate * k          Goyal et al. 2017, 1706.02677, section 2.1
/// sqrt:    rate * sqrt(k)    You et al. 2019, 1904.00962, section 4
/// legw:    rate * sqrt(k), warm-up epochs * k    You et al. 2019, 1901.08256
/// </code>
/// adascale: rate * gain of each step, measured while training (2007.05105); the reference is one rank's share of the batch
/// A legw warm-up in steps stays as it is: the same number of steps is k times the epochs.
/// </summary>
/// <param name="Rule">One of <see cref="ScalingRules"/>.</param>
/// <param name="Batch">Examples in a step of the job.</param>
/// <param name="ReferenceBatch">Examples in a step of the job that the rate was tuned for.</param>
/// <param name="FromReference">True when the warm-up starts at the rate before scaling (1706.02677, section 2.2).</param>
public sealed record BatchScaling(string Rule, int Batch, int ReferenceBatch, bool FromReference)
{
    /// <summary>k: how many times the reference batch the batch is.</summary>
    public double Ratio => (double)Batch / ReferenceBatch;

    /// <summary>What the rule multiplies the rate by.</summary>
    /// <exception cref="InvalidOperationException">There is no such rule.</exception>
    public double Factor => Rule switch
    {
        ScalingRules.None or ScalingRules.AdaScale => 1,
        ScalingRules.Linear => Ratio,
        ScalingRules.Sqrt or ScalingRules.Legw => Math.Sqrt(Ratio),
        _ => throw new InvalidOperationException($"there is no scaling rule '{Rule}'"),
    };

    /// <summary>The rate and the warm-up of the job.</summary>
    /// <param name="baseRate">Rate at the reference batch.</param>
    /// <param name="warmUp">Warm-up at the reference batch.</param>
    public ResolvedRate Resolve(double baseRate, WarmUp warmUp)
    {
        // Below the reference batch a warm-up from the reference rate would fall: it is none then.
        var from = FromReference && Rule != ScalingRules.None ? Math.Min(1, 1 / Factor) : warmUp.From;
        var epochs = Rule == ScalingRules.Legw ? warmUp.Epochs * Ratio : warmUp.Epochs;
        return new ResolvedRate(baseRate, this, warmUp with { Epochs = epochs, From = from });
    }
}

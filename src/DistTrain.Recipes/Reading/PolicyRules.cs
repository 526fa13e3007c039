using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Batches;
using DistTrain.Optimization.Scaling;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Writing;

namespace DistTrain.Recipes.Reading;

/// <summary>
/// The rules that tie averaging, changing batches and optimizers to workers, batch and length. A part that is null has a problem of its own and
/// takes no part.
/// </summary>
/// <param name="keys">Where the keys stand.</param>
/// <param name="findings">Receives problems and warnings.</param>
internal sealed class PolicyRules(KeyReader keys, Findings findings)
{
    /// <summary>Below this share of a tensor's norm in a step, LARS hardly moves: its papers' rates are a thousand times a momentum's.</summary>
    private const double LeastLarsShare = 5e-5;

    /// <summary>Below this rate an update of a gradient near 1 is lost beside a weight near 0.01: float32 has 24 bits.</summary>
    private const double LeastRate = 1e-10;

    private const string StartKey = "startEpoch";

    public void CheckBatch(BatchRecipe? batch, int? workers)
    {
        if (batch?.Policy?.Name == BatchGrowth.PolicyName && keys.IsGiven(JobKeys.Steps))
            Refuse(JobKeys.Batch.Path, "growth counts in epochs; give the job's length in epochs, not in steps");
        if (batch?.Policy?.Name == BatchByNoise.PolicyName && workers == 1)
            Refuse(JobKeys.Batch.Path, "auto measures the noise by comparing the gradients of ranks, and there is one; raise workers to at least 2");
    }

    public void CheckAveraging(PolicyRecipe? averaging, int? workers, int? epochs, long? steps)
    {
        if (averaging is null or { Name: NoAveraging.PolicyName })
            return;
        if (steps is not null)
            Refuse(JobKeys.AveragingName.Path, $"{averaging.Name} counts in epochs; give the job's length in epochs, not in steps");
        else if (epochs is not null)
            CheckStart(averaging, epochs.Value);

        if (workers == 1 && averaging.Name is Swap.PolicyName or PostLocal.PolicyName)
            Warn(JobKeys.AveragingName.Path, $"{averaging.Name} averages the weights of ranks, and there is one: nothing is averaged");
        if (averaging.Name == Swap.PolicyName && averaging.Options.Number("trainAccuracy") >= 1)
            Warn($"{JobKeys.Averaging.Path}.trainAccuracy", "is rarely reached, so that the first phase takes all epochs; 0.98 is the paper's (2001.02312)", "1");
    }

    public void CheckScaling(ScalingRecipe? scaling, BatchRecipe? batch, int? workers)
    {
        if (scaling is null)
            return;
        if (scaling.Rule == ScalingRules.AdaScale && workers == 1)
            Refuse(JobKeys.ScalingRule.Path, "adascale measures its gain by comparing the gradients of ranks, and there is one; raise workers to at least 2");
        if (batch?.Policy is { } policy && scaling.Rule is not (ScalingRules.None or ScalingRules.AdaScale))
            Warn(JobKeys.ScalingRule.Path, $"{scaling.Rule} scales the rate to the first batch, {batch.Examples}, and leaves it there while {policy.Name} changes the batch");
    }

    public void CheckOptimizer(PolicyRecipe? optimizer, ScalingRecipe? scaling, BatchRecipe? batch)
    {
        if (optimizer is null || scaling is null || batch is null)
            return;
        var rate = optimizer.Options.Number("lr") * scaling.For(batch.Examples).Factor;
        if (rate < LeastRate)
            Warn($"{JobKeys.Optimizer.Path}.lr", FormattableString.Invariant($"a step at rate {rate:0.###e+0} changes no weight: what it adds is lost in float32, and nothing is learned"));
        else if (optimizer.Name == "lars" && !optimizer.Options.Flag("clip"))
            CheckLarsShare(optimizer, rate);
    }

    private void CheckLarsShare(PolicyRecipe optimizer, double rate)
    {
        var share = rate * optimizer.Options.Number("coefficient");
        if (share < LeastLarsShare)
            Warn($"{JobKeys.Optimizer.Path}.lr", FormattableString.Invariant($"a step at rate {rate:0.######} moves a tensor by about {share * 100:0.######} % of its norm (rate * coefficient); LARS is used with rates of 1 and more"));
    }

    public void CheckNumerics(NumericsRecipe? numerics, PolicyRecipe? averaging, int? workers, int? everySteps)
    {
        if (numerics is null)
            return;
        if (numerics.OutlierFactor is > 0 and < 1)
            Refuse(JobKeys.NumericsOutlierFactor.Path, "is below 1, where half of all steps are outliers; 10 is a start, 0 looks for none", ValueText.Of(numerics.OutlierFactor));
        if (numerics.Policy == NumericsPolicies.Rollback && everySteps == 0)
            Refuse(JobKeys.NumericsPolicy.Path, $"goes back to a multiple of {JobKeys.CheckpointEverySteps.Path}, which is 0: give the steps between checkpoints", numerics.Policy);
        if (numerics.ReplayCheck > 0 && workers == 1)
            Refuse(JobKeys.NumericsReplayCheck.Path, "needs another rank, which computes the gradient a second time, and there is one; raise workers to at least 2", $"{numerics.ReplayCheck}");
        // A rank on its own that skips what the others do not is no longer one of them; and a checkpoint to go back to has no replicas.
        if (numerics.Judges && averaging is { Name: Swap.PolicyName or PostLocal.PolicyName })
        {
            var key = numerics.Policy == NumericsPolicies.Stop ? JobKeys.NumericsOutlierFactor : JobKeys.NumericsPolicy;
            Refuse(key.Path, $"{averaging.Name} lets ranks train on their own, where a step is not judged over all of them; use policy {NumericsPolicies.Stop} with outlierFactor 0, or another averaging");
        }
    }

    private void CheckStart(PolicyRecipe averaging, int epochs)
    {
        if (!averaging.Options.Has(StartKey))
            return;
        var (start, path) = (averaging.Options.Whole(StartKey), $"{JobKeys.Averaging.Path}.{StartKey}");
        if (start > epochs || (start == epochs && averaging.Name == PostLocal.PolicyName))
            Refuse(path, $"lies behind the job's {epochs} epochs: nothing would be averaged", $"{start}");
        else if (start == epochs)
            Warn(path, "is the last epoch: the mean has one version, the last", $"{start}");
    }

    private void Refuse(string path, string rule, string? value = null) => findings.Add(keys.OriginOf(path), path, rule, value);

    private void Warn(string path, string rule, string? value = null) => findings.Warn(keys.OriginOf(path), path, rule, value);
}

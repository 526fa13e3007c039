using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Scaling;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

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
    private const double LeastShare = 5e-5;

    /// <summary>Below this rate an update of a gradient near 1 is lost beside a weight near 0.01: float32 has 24 bits.</summary>
    private const double LeastRate = 1e-10;

    public void CheckBatch(BatchRecipe? batch, int? workers)
    {
        if (batch is { CountsEpochs: true } && keys.IsGiven(JobKeys.Steps))
            Refuse(JobKeys.Batch.Path, $"{batch.Policy!.Name} counts in epochs; give the job's length in epochs, not in steps");
        if (batch?.Following is not null && workers == 1)
            Refuse(JobKeys.Batch.Path, $"{batch.Policy!.Name} measures the noise by comparing the gradients of ranks, and there is one; raise workers to at least 2");
    }

    public void CheckAveraging(PolicyRecipe? averaging, int? workers, int? epochs, long? steps)
    {
        if (averaging is null)
            return;
        var plan = AveragingCatalog.Plan(averaging.Name, averaging.Options);
        if (plan.IsNone)
            return;
        if (steps is not null)
            Refuse(JobKeys.AveragingName.Path, $"{averaging.Name} counts in epochs; give the job's length in epochs, not in steps");
        else if (epochs is not null)
            CheckStart(plan, epochs.Value);

        if (workers == 1 && plan.HasReplicas)
            Warn(JobKeys.AveragingName.Path, $"{averaging.Name} averages the weights of ranks, and there is one: nothing is averaged");
        if (plan.Alone is { TrainAccuracy: >= 1 })
            Warn($"{JobKeys.Averaging.Path}.trainAccuracy", "is rarely reached, so that the first phase takes all epochs; 0.98 is the paper's (2001.02312)", "1");
    }

    public void CheckTrainAccuracy(double? trainAccuracy, PolicyRecipe? averaging)
    {
        if (trainAccuracy is not null && averaging is not null && !AveragingCatalog.Plan(averaging.Name, averaging.Options).IsNone)
            Refuse(JobKeys.TrainAccuracy.Path, $"ends training where {averaging.Name} has still to average; leave one of the two out", ValueText.Of(trainAccuracy));
    }

    /// <summary>A number that is told is right or wrong by its error: there is no accuracy to train to.</summary>
    public void CheckRegression(DatasetRecipe? dataset, double? trainAccuracy, PolicyRecipe? averaging)
    {
        if (dataset?.Regression is null)
            return;
        if (trainAccuracy is not null)
            Refuse(JobKeys.TrainAccuracy.Path, $"{TaskNames.Regression} has no accuracy to end with; leave it out", ValueText.Of(trainAccuracy));
        if (averaging is not null && AveragingCatalog.Plan(averaging.Name, averaging.Options).Alone is not null)
            Refuse(JobKeys.AveragingName.Path, $"{averaging.Name} ends its first phase by the train accuracy, and {TaskNames.Regression} has none; use another averaging", averaging.Name);
    }

    public void CheckPrecision(string? precision, string? determinism)
    {
        if (precision == Precisions.BFloat16 && determinism == Determinisms.Portable)
            Refuse(JobKeys.Precision.Path, $"is rounded by each kind of processor in a way of its own; write 'determinism: {Determinisms.Host}', or 'precision: {Precisions.Float32}'", precision);
    }

    public void CheckDevice(string? device, string? determinism)
    {
        if (device is DeviceKinds.Cuda or DeviceKinds.Auto && determinism == Determinisms.Portable)
            Refuse(JobKeys.Device.Path, $"is an arithmetic of its own, equal on devices of one kind only; write 'determinism: {Determinisms.Host}', or 'device: {DeviceKinds.Cpu}'", device);
    }

    public void CheckScaling(ScalingRecipe? scaling, BatchRecipe? batch, int? workers)
    {
        if (scaling is null)
            return;
        if (scaling.MeasuresGain && workers == 1)
            Refuse(JobKeys.ScalingRule.Path, "adascale measures its gain by comparing the gradients of ranks, and there is one; raise workers to at least 2");
        if (batch?.Policy is { } policy && scaling.Rule != ScalingRules.None && !scaling.MeasuresGain)
            Warn(JobKeys.ScalingRule.Path, $"{scaling.Rule} scales the rate to the first batch, {batch.Examples}, and leaves it there while {policy.Name} changes the batch");
    }

    public void CheckOptimizer(PolicyRecipe? optimizer, ScalingRecipe? scaling, BatchRecipe? batch)
    {
        if (optimizer is null || scaling is null || batch is null)
            return;
        var rate = optimizer.Options.Number("lr") * scaling.For(batch.Examples).Factor;
        if (rate < LeastRate)
            Warn($"{JobKeys.Optimizer.Path}.lr", FormattableString.Invariant($"a step at rate {rate:0.###e+0} changes no weight: what it adds is lost in float32, and nothing is learned"));
        else if (OptimizerCatalog.Find(optimizer.Name)!.ShareOfNorm(optimizer.Options, rate) is < LeastShare and var share)
            Warn($"{JobKeys.Optimizer.Path}.lr", FormattableString.Invariant($"a step at rate {rate:0.######} moves a tensor by about {share * 100:0.######} % of its norm (rate * coefficient); {optimizer.Name.ToUpperInvariant()} is used with rates of 1 and more"));
    }

    public void CheckNumerics(NumericsRecipe? numerics, PolicyRecipe? averaging, int? workers, int? everySteps)
    {
        if (numerics is null)
            return;
        if (numerics.OutlierFactor is > 0 and < 1)
            Refuse(NumericsKeys.OutlierFactor.Path, "is below 1, where half of all steps are outliers; 10 is a start, 0 looks for none", ValueText.Of(numerics.OutlierFactor));
        if (numerics.Policy == NumericsPolicies.Rollback && everySteps == 0)
            Refuse(NumericsKeys.Policy.Path, $"goes back to a multiple of {JobKeys.CheckpointEverySteps.Path}, which is 0: give the steps between checkpoints", numerics.Policy);
        if (numerics.ReplayCheck > 0 && workers == 1)
            Refuse(NumericsKeys.ReplayCheck.Path, "needs another rank, which computes the gradient a second time, and there is one; raise workers to at least 2", $"{numerics.ReplayCheck}");
        // A rank on its own that skips what the others do not is no longer one of them; and a checkpoint to go back to has no replicas.
        if (numerics.Judges && averaging is not null && AveragingCatalog.Plan(averaging.Name, averaging.Options).HasReplicas)
        {
            var key = numerics.Policy == NumericsPolicies.Stop ? NumericsKeys.OutlierFactor : NumericsKeys.Policy;
            Refuse(key.Path, $"{averaging.Name} lets ranks train on their own, where a step is not judged over all of them; use policy {NumericsPolicies.Stop} with outlierFactor 0, or another averaging");
        }
    }

    private void CheckStart(AveragingPlan averaging, int epochs)
    {
        if (averaging.StartEpoch is not { } start)
            return;
        var path = $"{JobKeys.Averaging.Path}.startEpoch";
        if (start > epochs || (start == epochs && averaging.Local is not null))
            Refuse(path, $"lies behind the job's {epochs} epochs: nothing would be averaged", $"{start}");
        else if (start == epochs)
            Warn(path, "is the last epoch: the mean has one version, the last", $"{start}");
    }

    private void Refuse(string path, string rule, string? value = null) => findings.Add(keys.OriginOf(path), path, rule, value);

    private void Warn(string path, string rule, string? value = null) => findings.Warn(keys.OriginOf(path), path, rule, value);
}

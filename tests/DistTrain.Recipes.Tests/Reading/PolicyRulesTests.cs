namespace DistTrain.Recipes.Tests.Reading;

/// <summary>The rules that tie averaging, changing batches and optimizers to the rest of the job.</summary>
[Trait("Kind", "Fast")]
public sealed class PolicyRulesTests
{
    [Theory]
    [InlineData("averaging.name: swa counts in epochs; give the job's length in epochs, not in steps", "averaging={name: swa, startEpoch: 1}", "steps=10")]
    [InlineData("averaging.name: swap counts in epochs; give the job's length in epochs, not in steps", "averaging={name: swap}", "steps=10")]
    [InlineData("averaging.name: post-local counts in epochs; give the job's length in epochs, not in steps", "averaging={name: post-local, startEpoch: 1}", "steps=10")]
    [InlineData("averaging.startEpoch: '5' lies behind the job's 4 epochs: nothing would be averaged", "averaging={name: swa, startEpoch: 5}")]
    [InlineData("averaging.startEpoch: '5' lies behind the job's 4 epochs: nothing would be averaged", "averaging={name: post-local, startEpoch: 5}")]
    [InlineData("averaging.startEpoch: '4' lies behind the job's 4 epochs: nothing would be averaged", "averaging={name: post-local, startEpoch: 4}")]
    [InlineData("averaging.startEpoch: is missing; swa needs it: give a whole number from 1 to 1000000", "averaging={name: swa}")]
    [InlineData("averaging.startEpoch: '0' is not allowed; give a whole number from 1 to 1000000", "averaging={name: swa, startEpoch: 0}")]
    [InlineData("averaging.everyEpochs: '0' is not allowed; give a whole number from 1 to 1000000", "averaging={name: swa, startEpoch: 1, everyEpochs: 0}")]
    [InlineData("averaging.everySteps: '0' is not allowed; give a whole number from 1 to 1000000", "averaging={name: post-local, startEpoch: 1, everySteps: 0}")]
    [InlineData("averaging.trainAccuracy: '0' is not allowed; give a number in (0, 1]", "averaging={name: swap, trainAccuracy: 0}")]
    [InlineData("averaging.trainAccuracy: '98' is not allowed; give a number in (0, 1]", "averaging={name: swap, trainAccuracy: 98}")]
    [InlineData("averaging.lr: '0' is not allowed; give a number above 0", "averaging={name: swap, lr: 0}")]
    [InlineData("averaging.batch: '0' is not allowed; give a whole number from 1 to 1048576", "averaging={name: swap, batch: 0}")]
    [InlineData("averaging.epochs: '0' is not allowed; give a whole number from 1 to 1000000", "averaging={name: swap, epochs: 0}")]
    [InlineData("averaging.startEpoch: 'startEpoch' is not an option of none, which has none", "averaging={startEpoch: 1}")]
    [InlineData("scaling.rule: adascale measures its gain by comparing the gradients of ranks, and there is one; raise workers to at least 2", "scaling.rule=adascale", "workers=1")]
    [InlineData("optimizer.coefficient: '0' is not allowed; give a number above 0", "optimizer={name: lars, coefficient: 0}")]
    [InlineData("optimizer.weightDecay: '-0.1' is not allowed; give a number of at least 0", "optimizer={name: lars, weightDecay: -0.1}")]
    [InlineData("optimizer.weightDecay: '-0.1' is not allowed; give a number of at least 0", "optimizer={name: lamb, weightDecay: -0.1}")]
    [InlineData("optimizer.clipNorm: '-1' is not allowed; give a number of at least 0", "optimizer={name: lamb, clipNorm: -1}")]
    [InlineData("trainAccuracy: '0.9' ends training where swa has still to average; leave one of the two out", "trainAccuracy=0.9", "averaging={name: swa, startEpoch: 1}")]
    [InlineData("trainAccuracy: '1.5' is not allowed; give a number in (0, 1]", "trainAccuracy=1.5")]
    [InlineData("numerics.policy: 'ignore' is not a policy; use one of stop, skip-step, rollback", "numerics.policy=ignore")]
    [InlineData("numerics.policy: 'rollback' goes back to a multiple of spec.checkpoint.everySteps, which is 0: give the steps between checkpoints", "numerics.policy=rollback")]
    [InlineData("numerics.policy: swap lets ranks train on their own, where a step is not judged over all of them; use policy stop with outlierFactor 0, or another averaging", "numerics.policy=skip-step", "averaging.name=swap")]
    [InlineData("numerics.outlierFactor: post-local lets ranks train on their own, where a step is not judged over all of them; use policy stop with outlierFactor 0, or another averaging", "numerics.outlierFactor=9", "averaging={name: post-local, startEpoch: 1}")]
    [InlineData("numerics.outlierFactor: '0.5' is below 1, where half of all steps are outliers; 10 is a start, 0 looks for none", "numerics.outlierFactor=0.5")]
    [InlineData("numerics.replayCheck: '3' needs another rank, which computes the gradient a second time, and there is one; raise workers to at least 2", "numerics.replayCheck=3", "workers=1")]
    [InlineData("precision: 'bfloat16' is rounded by each kind of processor in a way of its own; write 'determinism: host', or 'precision: float32'", "precision=bfloat16", "determinism=portable")]
    [InlineData("device: 'cuda' is an arithmetic of its own, equal on devices of one kind only; write 'determinism: host', or 'device: cpu'", "device=cuda", "determinism=portable")]
    [InlineData("device: 'gpu' is not a device; use one of cpu, cuda, auto (did you mean 'cpu'?)", "device=gpu")]
    [InlineData("precision: 'float16' is not a precision; use one of float32, bfloat16 (did you mean 'bfloat16'?)", "precision=float16")]
    public void Impossible_settings_are_refused(string problem, params string[] changes) =>
        Assert.EndsWith($": spec.{problem}", Assert.Single(JobText.Problems(null, changes)), StringComparison.Ordinal);

    [Theory]
    [InlineData("1e-50", "optimizer.lr=1e-50")]
    [InlineData("5e-11", "optimizer={name: adam, lr: 5e-11}")]
    [InlineData("5e-11", "optimizer.lr=1e-10", "scaling={rule: linear, referenceBatch: 256}")]
    public void A_rate_that_is_lost_in_float32_is_warned_of(string rate, params string[] changes) =>
        Assert.EndsWith(
            $": spec.optimizer.lr: a step at rate {rate} changes no weight: what it adds is lost in float32, and nothing is learned",
            Assert.Single(JobText.Read(null, changes).Warnings).ToString(),
            StringComparison.Ordinal);

    [Fact]
    public void A_low_rate_that_is_not_lost_is_nobodys_business() => Assert.Empty(JobText.Read(null, "optimizer.lr=1e-9").Warnings);

    [Theory]
    [InlineData("averaging.name: 'swop' is not an averaging; use one of none, post-local, swa, swap (did you mean 'swap'?)", "averaging.name=swop")]
    public void An_unknown_averaging_has_its_nearest_name(string problem, string change) =>
        Assert.Equal($"--set {change}: spec.{problem}", Assert.Single(JobText.Problems(null, change)));

    [Fact]
    public void A_rule_is_shown_where_the_option_stands() =>
        Assert.Equal(
            "job.yaml:7: spec.averaging.startEpoch: '9' lies behind the job's 4 epochs: nothing would be averaged",
            Assert.Single(JobText.Problems(JobText.WithSpec("  averaging:\n    name: swa\n    everyEpochs: 1\n    startEpoch: 9"))));

    [Theory]
    [InlineData("averaging.name: swap averages the weights of ranks, and there is one: nothing is averaged", "averaging.name=swap", "workers=1")]
    [InlineData("averaging.name: post-local averages the weights of ranks, and there is one: nothing is averaged", "averaging={name: post-local, startEpoch: 1}", "workers=1")]
    [InlineData("averaging.trainAccuracy: '1' is rarely reached, so that the first phase takes all epochs; 0.98 is the paper's (2001.02312)", "averaging={name: swap, trainAccuracy: 1}")]
    [InlineData("averaging.startEpoch: '4' is the last epoch: the mean has one version, the last", "averaging={name: swa, startEpoch: 4}")]
    [InlineData("scaling.rule: linear scales the rate to the first batch, 256, and leaves it there while growth changes the batch", "scaling.rule=linear", "batch={growth: {from: 256, to: 1024}}")]
    [InlineData("scaling.rule: sqrt scales the rate to the first batch, 256, and leaves it there while auto changes the batch", "scaling.rule=sqrt", "batch={auto: {from: 256, to: 1024}}")]
    [InlineData("optimizer.lr: a step at rate 0.02 moves a tensor by about 0.002 % of its norm (rate * coefficient); LARS is used with rates of 1 and more", "optimizer={name: lars, lr: 0.02}")]
    public void What_is_likely_a_mistake_is_a_warning_beside_a_good_job(string warning, params string[] changes)
    {
        var result = JobText.Read(null, changes);

        Assert.Empty(result.Problems);
        Assert.EndsWith($": spec.{warning}", Assert.Single(result.Warnings).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("averaging={name: post-local, startEpoch: 0}", "workers=2")]
    [InlineData("averaging={name: post-local, startEpoch: 3}", "workers=2")]
    [InlineData("averaging={name: swa, startEpoch: 3}", "workers=1")]
    [InlineData("averaging={name: swap, trainAccuracy: 0.999}", "workers=2")]
    [InlineData("scaling.rule=adascale", "workers=2")]
    [InlineData("scaling.rule=adascale", "batch={auto: {from: 64, to: 1024}}")]
    [InlineData("optimizer={name: lars, lr: 0.02, coefficient: 0.01}", "workers=2")]
    [InlineData("optimizer={name: lars, lr: 0.02, clip: true}", "workers=2")]
    [InlineData("optimizer={name: lars, lr: 0.02}", "scaling={rule: linear, referenceBatch: 32}")]
    [InlineData("scaling={rule: linear, referenceBatch: 8}", "optimizer.name=rmsprop-warmup")]
    public void Nothing_is_said_of_what_is_sound(params string[] changes)
    {
        var result = JobText.Read(null, changes);

        Assert.Empty(result.Problems);
        Assert.Empty(result.Warnings.Select(w => w.ToString()));
    }
}

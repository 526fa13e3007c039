using CsCheck;
using DistTrain.Recipes.Files;
using DistTrain.Tests.Jobs;

namespace DistTrain.Recipes.Tests.Writing;

[Trait("Kind", "Fast")]
public sealed class JobWriterTests
{
    [Fact]
    public void The_defaults_are_spelled_out() =>
        Assert.Equal(
            """
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            metadata:
              name: digits
            spec:
              dataset:
                name: digits
                trainExamples: 8000
                testExamples: 2000
                normalize: none
              model:
                name: custom
                norm: none
                zeroGamma: false
                reparametrization: none
                spectralPenalty: 0
                layers:
                  - conv: {out: 8, kernel: 3, stride: 1, padding: 0, bias: true, reparametrization: none}
                  - norm: {kind: batch, zeroGamma: false}
                  - norm: {kind: group, groups: 4, zeroGamma: true}
                  - relu
                  - residual:
                      - dropout: 0.5
                  - maxPool: {size: 2, stride: 2}
                  - linear: {out: 10, bias: true, reparametrization: none}
              workers: 2
              batch: 128
              microBatch: 256
              steps: 10
              seed: 1
              determinism: host
              precision: float32
              device: cpu
              optimizer:
                name: momentum
                lr: 0.05
                momentum: 0.9
                dampening: 0
                form: torch
                momentumCorrection: true
                weightDecay: 0
                decayExclude: [bias, norm]
                clipNorm: 0
              schedule:
                name: constant
                warmupEpochs: 0
                warmupSteps: 0
                warmupFrom: 0
              averaging:
                name: none
              scaling:
                rule: none
                referenceBatch: 256
                warmupFrom: zero
              batchNorm:
                scope: local
                evaluation: running
                momentum: 0.1
                epsilon: 1e-05
                renorm:
                  rMax: 3
                  dMax: 5
                  rampStart: 0.04
                  rRampEnd: 0.3
                  dRampEnd: 0.2
              checkpoint:
                everySteps: 0
                keep: 2
              evaluation:
                everyEpochs: 1
              numerics:
                policy: stop
                outlierFactor: 0
                replayCheck: 0

            """.ReplaceLineEndings("\n"),
            JobFile.Write(JobText.Job(null, "steps=10", "model={name: custom, layers: [conv: 8, norm: batch, norm: {kind: group, groups: 4, zeroGamma: true}, relu, residual: [dropout: 0.5], maxPool: 2, linear: 10]}")));

    [Fact]
    public void What_scaling_makes_of_the_rate_stands_in_a_comment() =>
        Assert.Contains(
            """
              scaling:
                rule: legw
                referenceBatch: 32
                warmupFrom: reference
                # learning rate 0.1 = 0.05 * 2 (legw, batch 128 / 32); warm-up 2 epochs from 0.05

            """.ReplaceLineEndings("\n"),
            JobFile.Write(JobText.Job(null, "schedule.warmupEpochs=0.5", "scaling={rule: legw, referenceBatch: 32, warmupFrom: reference}")),
            StringComparison.Ordinal);

    [Fact]
    public void Reading_what_was_written_gives_the_job_and_the_same_text() =>
        JobGenerator.Job.Sample(job =>
        {
            var text = JobFile.Write(job);
            var read = JobText.Job(text);

            Assert.Equal(text, JobFile.Write(read));
            Assert.Equal(job.Name, read.Name);
            AssertEqual(job.Spec, read.Spec);
        });

    /// <summary>Field by field: lists and options compare by reference otherwise.</summary>
    private static void AssertEqual(TrainingSpec expected, TrainingSpec read)
    {
        Assert.Equal(expected.Dataset, read.Dataset);
        Assert.Equal(expected.Model with { Layers = [] }, read.Model with { Layers = [] });
        AssertEqual(expected.Model.Layers, read.Model.Layers);
        Assert.Equal(expected.Renorm, read.Renorm);
        Assert.Equal(expected.Recipe, read.Recipe);
        Assert.Equal((expected.BatchPlan.Examples, expected.BatchPlan.Policy?.Name), (read.BatchPlan.Examples, read.BatchPlan.Policy?.Name));
        if (expected.BatchPlan.Policy is { } policy)
            AssertEqual(policy, read.BatchPlan.Policy!);
        Assert.Equal((expected.Workers, expected.Batch, expected.MicroBatch), (read.Workers, read.Batch, read.MicroBatch));
        Assert.Equal((expected.Epochs, expected.Steps, expected.Seed), (read.Epochs, read.Steps, read.Seed));
        AssertEqual(expected.Optimizer, read.Optimizer);
        AssertEqual(expected.Schedule, read.Schedule);
        AssertEqual(expected.Averaging, read.Averaging);
        Assert.Equal(expected.Scaling, read.Scaling);
        Assert.Equal((expected.BatchNorm, expected.Checkpoint, expected.Evaluation, expected.Numerics), (read.BatchNorm, read.Checkpoint, read.Evaluation, read.Numerics));
    }

    private static void AssertEqual(PolicyRecipe expected, PolicyRecipe read)
    {
        Assert.Equal(expected.Name, read.Name);
        Assert.Equal(expected.Options.All.Select(o => o.Key), read.Options.All.Select(o => o.Key));
        Assert.Equal(expected.Options.All.Select(o => o.Value), read.Options.All.Select(o => o.Value));
    }

    private static void AssertEqual(IReadOnlyList<LayerRecipe> expected, IReadOnlyList<LayerRecipe> read)
    {
        Assert.Equal(expected.Count, read.Count);
        foreach (var (one, other) in expected.Zip(read))
        {
            if (one is ResidualRecipe residual)
                AssertEqual(residual.Layers, Assert.IsType<ResidualRecipe>(other).Layers);
            else
                Assert.Equal(one, other);
        }
    }
}

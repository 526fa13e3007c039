using DistTrain.Recipes;
using DistTrain.Torch.Devices;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Ranks;
using DistTrain.Worker.Tests.Fixtures;

namespace DistTrain.Worker.Tests.Jobs.Door;

/// <summary>What <c>microBatch: auto</c> is answered with: by the processor, and by a device whose memory ends.</summary>
[Trait("Kind", "Fast")]
public sealed class MicroBatchResolutionTests
{
    [Fact]
    public async Task A_job_that_leaves_it_open_gets_a_number_up_to_a_ranks_share_and_one_that_says_it_keeps_it()
    {
        var job = new SmallJob("microBatch=auto", "batch=64");
        var answered = await AnswerAsync(job, DeviceSet.None);
        Assert.InRange(answered.Spec.MicroBatch, 1, 32);
        Assert.Same(answered, await AnswerAsync(job, DeviceSet.None, answered));
    }

    [Fact]
    public async Task On_a_device_it_is_what_fits_there_and_where_nothing_does_the_job_is_refused()
    {
        var job = new SmallJob("microBatch=auto", "batch=64", "model.name=softmax", "device=cuda");
        var bytes = sizeof(float) * job.Model.InputShape.Aggregate(1, (product, side) => product * side);
        Assert.Equal(16, (await AnswerAsync(job, Played(20 * bytes))).Spec.MicroBatch);
        var refusal = await Assert.ThrowsAsync<MicroBatchException>(() => AnswerAsync(job, Played(100)));
        Assert.StartsWith("spec.microBatch: auto finds none: this silo has no memory", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>With global BatchNorm after a layer that has one value an example, 17 examples in passes of 16 would leave one alone.</summary>
    [Fact]
    public async Task A_number_that_the_job_could_not_be_trained_with_is_not_taken()
    {
        var job = new SmallJob("microBatch=auto", "workers=1", "batch=17", "dataset.trainExamples=34", "model.norm=batch", "batchNorm.scope=global");
        Assert.Equal(17, (await AnswerAsync(job, DeviceSet.None)).Spec.MicroBatch);
    }

    private static DeviceSet Played(long largest) => DeviceSet.Of([TensorDevice.OfTests(largest)], without: "", chosen: null).Devices;

    private static Task<TrainingJob> AnswerAsync(SmallJob job, DeviceSet devices, TrainingJob? asked = null)
    {
        var options = SmallJob.SiloOf() with { Devices = devices };
        return new MicroBatchResolution(new DatasetCache(options), options).AnswerAsync(asked ?? job.Job, JobPreparation.Of(job.Spec, job.Record), TestContext.Current.CancellationToken);
    }
}

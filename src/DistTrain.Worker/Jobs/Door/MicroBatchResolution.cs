using DistTrain.Recipes;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Answers <c>microBatch: auto</c>, once and before the first step: the number decides bits, so it is a part of the job from then on.</summary>
internal sealed class MicroBatchResolution(DatasetCache datasets, SiloOptions options)
{
    /// <returns>The job with a number; one that has a number as it is.</returns>
    /// <exception cref="MicroBatchException">Nothing fits on this silo.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public Task<TrainingJob> AnswerAsync(TrainingJob job, JobPreparation preparation, CancellationToken stop) =>
        job.Spec.MicroBatch == MicroBatches.Open ? Task.Run(() => Answer(job, preparation, stop), stop) : Task.FromResult(job);

    private TrainingJob Answer(TrainingJob job, JobPreparation preparation, CancellationToken stop)
    {
        var data = datasets.Load(job.Spec.Dataset).Train;
        using var lease = options.Devices.Take(job.Spec.Device, alone: false, _ => { }, stop);
        var search = new MicroBatchSearch(ModelBlueprint.Of(job.Spec, data.Shape, data.Classes), data, lease.Device, stop);
        return search.Fastest(job.Spec.LargestMicroBatch, size => !preparation.Problems(With(job, size).Spec).Any()) is { } found
            ? With(job, found)
            : throw new MicroBatchException(
                $"spec.microBatch: {MicroBatches.Auto} finds none: this silo has no memory for a pass of even one example; use a smaller model, or silos with more memory");
    }

    private static TrainingJob With(TrainingJob job, int size) => job with { Spec = job.Spec with { MicroBatch = size } };
}

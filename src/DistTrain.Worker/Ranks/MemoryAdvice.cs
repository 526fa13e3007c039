using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>What a rank says whose device has no memory left. It goes on nowhere else: a smaller micro-batch is another job.</summary>
internal static class MemoryAdvice
{
    /// <summary>Tries here and now what would fit, after the pass that failed has let its memory go.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="model">Its model.</param>
    /// <param name="data">Its training set.</param>
    /// <param name="device">Where the rank computes.</param>
    /// <param name="where">The rank and its silo, in words.</param>
    /// <param name="stop">Ends it.</param>
    public static string Of(TrainingSpec spec, ModelBlueprint model, ExampleSet data, TensorDevice device, string where, CancellationToken stop)
    {
        var fits = new MicroBatchSearch(model, data, device, stop).LargestBelow(spec.LargestMicroBatch);
        return $"{where}: memory does not suffice for {spec.LargestMicroBatch} examples in a pass (device: {spec.Device}); "
            + (fits is { } size ? $"a pass of {size} fits there: write 'microBatch: {size}', or '{MicroBatches.Auto}'" : "not even one fits there; use a smaller model, or a silo with more memory");
    }
}

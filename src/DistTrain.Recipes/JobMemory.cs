using DistTrain.Optimization.Optimizers;

namespace DistTrain.Recipes;

/// <summary>What a job takes at the servers.</summary>
public static class JobMemory
{
    /// <summary>
    /// Bytes for each parameter: two versions and the slots of each replica, two snapshots, and at most three quarters of the ranks' chunks of each bucket,
    /// or four. While the ranks have replicas of their own, the one they came from is still held.
    /// </summary>
    public static long BytesPerParameter(TrainingSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var averaging = spec.AveragingPlan;
        var slots = OptimizerCatalog.Find(spec.Optimizer.Name)!.Create<float>(spec.Optimizer.Options).Slots;
        var saved = slots + (averaging.Mean is null ? 0 : 1);
        long replicas = averaging.HasReplicas ? spec.Workers + 1 : 1;
        return sizeof(float) * ((replicas * (2 + slots)) + (2 * (1 + saved)) + Math.Max(4, (spec.Workers * 3 / 4) + 1));
    }
}

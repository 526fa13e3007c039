using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes;

/// <summary>What a job takes at the servers.</summary>
public static class JobMemory
{
    /// <summary>Bytes for a run of the flat vector.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="layout">The whole vector.</param>
    /// <param name="length">Elements of the run.</param>
    public static long Bytes(TrainingSpec spec, ParameterLayout layout, long length)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(layout);
        return spec.Probe is { } probe ? OfProbe(spec, probe, layout.ParameterCount, length) : BytesPerParameter(spec) * length;
    }

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
        return sizeof(float) * ((replicas * (2 + slots)) + (2 * (1 + saved)) + Chunks(spec));
    }

    /// <summary>The directions so far, which are most of it; beside them the weights, two versions, two snapshots and the ranks' chunks. At most what a number holds.</summary>
    private static long OfProbe(TrainingSpec spec, ProbeRecipe probe, long dimension, long length)
    {
        var size = probe.Width * sizeof(float);
        var bytes = (Int128)length * (probe.Plan.BytesPerElement(dimension, size) + (size * (5 + Chunks(spec))));
        return (long)Int128.Min(bytes, long.MaxValue);
    }

    private static long Chunks(TrainingSpec spec) => Math.Max(4, (spec.Workers * 3 / 4) + 1);
}

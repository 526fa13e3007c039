using DistTrain.Recipes;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Jobs;

/// <summary>A cluster is started for one determinism: the settings behind it are those of processes, not of jobs.</summary>
internal static class DeterminismCheck
{
    /// <summary>Why the job cannot run on this silo, or null.</summary>
    public static string? Problem(TrainingSpec spec, SiloOptions options) => spec.Determinism == options.Determinism
        ? null
        : $"spec.determinism: the job asks for {spec.Determinism}, and this silo was started with --determinism {options.Determinism}; "
        + $"write 'determinism: {options.Determinism}', or start servers and silos with --determinism {spec.Determinism}";
}

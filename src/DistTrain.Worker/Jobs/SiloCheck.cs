using DistTrain.Recipes;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Jobs;

/// <summary>What a job asks of the processes themselves: a determinism, whose settings are not those of jobs, and devices.</summary>
internal static class SiloCheck
{
    /// <summary>Why the job cannot run on this silo; empty: it can.</summary>
    public static IEnumerable<string> Problems(TrainingSpec spec, SiloOptions options)
    {
        if (spec.Determinism != options.Determinism)
        {
            yield return $"spec.determinism: the job asks for {spec.Determinism}, and this silo was started with --determinism {options.Determinism}; "
                + $"write 'determinism: {options.Determinism}', or start servers and silos with --determinism {spec.Determinism}";
        }

        if (spec.Device == DeviceKinds.Cuda && options.Devices.Count == 0)
        {
            yield return $"spec.device: the job asks for {spec.Device}, and this silo has no such device: {options.Devices.Without}; "
                + $"write 'device: {DeviceKinds.Cpu}' or '{DeviceKinds.Auto}', or start silos where there are some";
        }
    }
}

namespace DistTrain.Recipes;

/// <summary>What a job's ranks compute on. Their kind decides bits: a processor and a GPU agree within rounding only.</summary>
public static class DeviceKinds
{
    public const string Cpu = "cpu";

    /// <summary>NVIDIA GPUs, one a rank as far as there are enough.</summary>
    public const string Cuda = "cuda";

    /// <summary>CUDA where the silo that takes the job in has a device, else the processor: from then on the job says which.</summary>
    public const string Auto = "auto";

    public static IReadOnlyList<string> All { get; } = [Cpu, Cuda, Auto];
}

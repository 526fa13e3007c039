using DistTrain.Recipes;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Passes;
using TorchSharp;

namespace DistTrain.Torch.Machine;

/// <summary>libtorch at work: one tensor on the processor, and the GPUs it sees.</summary>
internal static class TorchChecks
{
    public static MachineCheckResult Tensor(string name)
    {
        try
        {
            NativeEnvironment.Prepare();
        }
        catch (TorchLoadException e)
        {
            return MachineCheckResult.Failure(name, e.Message, "see native libraries and libstdc++ above");
        }

        using var scope = torch.NewDisposeScope();
        var product = torch.ones(8, 8).Times(2).mm(torch.ones(8, 8).Times(3));
        var sum = product.sum().item<float>();
        return sum == 8 * 8 * 48
            ? MachineCheckResult.Ok(name, $"{torch.__version__} multiplies")
            : MachineCheckResult.Failure(name, $"a product sums to {sum}, not 3072", "do not train on this machine: its processor or memory is at fault, or the libraries are damaged");
    }

    /// <summary>Side of the matrices that a processor multiplies, and of those for a GPU: some tens of milliseconds.</summary>
    private const int Side = 512;

    private const int SideOnGpu = 4096;

    /// <summary>Devices that can be measured; 0 also where they cannot be used, which is said by <see cref="Gpu"/>.</summary>
    public static int Gpus
    {
        get
        {
            try
            {
                return DeviceSet.Backend == DeviceKinds.Cuda ? DeviceSet.Of(chosen: null).Devices.Count : 0;
            }
            catch (NotSupportedException)
            {
                return 0;
            }
        }
    }

    /// <summary>Of one core, as of a rank.</summary>
    public static MachineCheckResult Speed(string name)
    {
        NativeEnvironment.Prepare();
        return MachineCheckResult.Ok(name, $"of a rank on the processor: {DeviceSpeed.Of(TensorDevice.Processor, Side)}");
    }

    public static MachineCheckResult SpeedOf(string name, int number)
    {
        var memory = CudaDriver.MemoryOf(number) is { } bytes ? FormattableString.Invariant($"{bytes / (double)(1L << 30):F1} GiB") : "memory unknown";
        return MachineCheckResult.Ok(name, $"{NvidiaDriver.KindOf(number)}, {memory}: {DeviceSpeed.Of(TensorDevice.Cuda(number), SideOnGpu)}");
    }

    public static MachineCheckResult Gpu(string name)
    {
        if (DeviceSet.Backend != DeviceKinds.Cuda)
        {
            return NvidiaDriver.IsHere
                ? MachineCheckResult.Warning(name, "an NVIDIA driver is here, and this build computes on the processor", "-p:TorchBackend=cuda brings the CUDA build of libtorch, for jobs with 'device: cuda'")
                : MachineCheckResult.Ok(name, "none, and none expected (TorchBackend=cpu)");
        }

        NativeEnvironment.Prepare();
        try
        {
            var devices = DeviceSet.Of(chosen: null).Devices;
            return devices.Count > 0
                ? MachineCheckResult.Ok(name, $"{devices.Count} CUDA devices ({devices.KindOf(DeviceKinds.Cuda)}), kernels are deterministic, products are float32")
                : MachineCheckResult.Failure(name, $"{devices.Without} (TorchBackend=cuda)", "install a driver for CUDA 12.8 or newer, start containers with --gpus all, or build with -p:TorchBackend=cpu");
        }
        catch (NotSupportedException e)
        {
            return MachineCheckResult.Failure(name, e.Message, "train with 'device: cpu'");
        }
    }
}

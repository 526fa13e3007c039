using System.Reflection;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Passes;
using TorchSharp;

namespace DistTrain.Torch.Machine;

/// <summary>libtorch at work: one tensor on the processor, and the GPUs it sees.</summary>
internal static class TorchChecks
{
    /// <summary>cpu or cuda: what this build brought along (-p:TorchBackend).</summary>
    public static string Backend { get; } =
        typeof(TorchChecks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => string.Equals(a.Key, "TorchBackend", StringComparison.Ordinal)).Value!;

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

    public static MachineCheckResult Gpu(string name)
    {
        var driver = File.Exists("/proc/driver/nvidia/version");
        if (!string.Equals(Backend, "cuda", StringComparison.Ordinal))
        {
            return driver
                ? MachineCheckResult.Warning(name, "an NVIDIA driver is here, and this build computes on the processor", "training on GPUs has not been measured yet; -p:TorchBackend=cuda brings the CUDA build of libtorch")
                : MachineCheckResult.Ok(name, "none, and none expected (TorchBackend=cpu)");
        }

        NativeEnvironment.Prepare();
        return torch.cuda.is_available()
            ? MachineCheckResult.Ok(name, $"{torch.cuda.device_count()} CUDA devices")
            : MachineCheckResult.Failure(name, driver ? "libtorch does not reach the NVIDIA driver" : "no NVIDIA driver (TorchBackend=cuda)", "install a driver for CUDA 12.8 or newer, start containers with --gpus all, or build with -p:TorchBackend=cpu");
    }
}

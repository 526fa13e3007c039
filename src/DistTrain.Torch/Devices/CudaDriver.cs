using System.Runtime.InteropServices;

namespace DistTrain.Torch.Devices;

/// <summary>What NVIDIA's driver tells through its own C functions (CUDA Driver API), as TorchSharp does not.</summary>
internal static partial class CudaDriver
{
    private const string Library = "libcuda.so.1";

    /// <summary>Bytes of a device's memory; null where no driver tells.</summary>
    /// <param name="number">From 0.</param>
    public static long? MemoryOf(int number)
    {
        try
        {
            return Initialize(0) == 0 && DeviceOf(out var device, number) == 0 && TotalMemory(out var bytes, device) == 0 ? (long)bytes : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int DeviceOf(out int device, int number);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int TotalMemory(out nuint bytes, int device);
}

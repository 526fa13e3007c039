using System.Runtime.InteropServices;

namespace DistTrain.Torch.Devices;

/// <summary>
/// When a CUDA device is gone. Whatever this process asks of it from then on fails; another process may find it well. What a program's own mistake can lead
/// to as well, such as a failed launch, is no loss: the job that makes it would end one silo after the other.
/// </summary>
public static class DeviceLoss
{
    /// <summary>CUDA's texts for cudaErrorDevicesUnavailable, NoDevice, ECCUncorrectable, NvlinkUncorrectable, Contained and Unknown (off the bus).</summary>
    private static readonly string[] _words =
    [
        "device(s) is/are busy or unavailable", "no CUDA-capable device is detected", "uncorrectable ECC error", "uncorrectable NVLink error", "or a hardware error",
        "CUDA error: unknown error",
    ];

    /// <summary>Whether that is why something failed.</summary>
    public static bool Is(Exception e) =>
        (e is ExternalException && _words.Any(words => e.Message.Contains(words, StringComparison.OrdinalIgnoreCase)))
        || (e.InnerException is { } inner && Is(inner));

    /// <summary>As CUDA says it.</summary>
    internal static Exception Failure() => new PlayedException("CUDA error: uncorrectable ECC error encountered");
}

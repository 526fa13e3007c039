using System.Runtime.InteropServices;

namespace DistTrain.Torch.Devices;

/// <summary>When a device, or the process, has no memory left.</summary>
public static class DeviceMemory
{
    /// <summary>What libtorch's allocators say; it has no error of its own for it that comes through TorchSharp.</summary>
    private static readonly string[] _words = ["can't allocate memory", "out of memory"];

    /// <summary>Whether that is why something failed.</summary>
    public static bool IsOut(Exception e) =>
        e is OutOfMemoryException
        || (e is ExternalException && _words.Any(words => e.Message.Contains(words, StringComparison.OrdinalIgnoreCase)))
        || (e.InnerException is { } inner && IsOut(inner));

    /// <summary>As CUDA's allocator says it.</summary>
    internal static Exception Failure(long bytes) => new PlayedException($"CUDA out of memory. Tried to allocate {bytes} bytes.");
}

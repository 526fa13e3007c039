using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace DistTrain.Torch.Hosting;

/// <summary>
/// What libtorch must find when it is loaded, so that a rank gives the same bits beside any number of other ranks: one
/// instruction set, one thread; and an allocator that keeps the memory of a step for the next one.
/// </summary>
public static class NativeEnvironment
{
    private static readonly Lock _gate = new();
    private static IReadOnlyList<NativeSetting>? _settings;

    /// <summary>Prepares the process and loads libtorch; further calls return what the first one found.</summary>
    /// <returns>All settings; a caller logs those with <see cref="NativeSetting.IsOverride"/>.</returns>
    /// <exception cref="TorchLoadException">libtorch does not load, or something loaded it before with other settings.</exception>
    public static IReadOnlyList<NativeSetting> Prepare()
    {
        lock (_gate)
        {
            return _settings ??= PrepareOnce();
        }
    }

    /// <summary>The variables a process with ranks needs on this processor. A parent may hand them to its children.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Variables()
    {
        var variables = new List<KeyValuePair<string, string>>
        {
            // Ranks are the parallelism; a second thread inside one would also change how its sums are split.
            new("OMP_NUM_THREADS", "1"),
            new("MKL_NUM_THREADS", "1"),
        };
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64 && Avx2.IsSupported)
        {
            // The newest set that every processor of the last ten years has; without these three each library picks its own best.
            variables.Add(new("MKL_CBWR", "AVX2"));
            variables.Add(new("ONEDNN_MAX_CPU_ISA", "AVX2"));
            variables.Add(new("ATEN_CPU_CAPABILITY", "avx2"));
        }

        return variables;
    }

    private static List<NativeSetting> PrepareOnce()
    {
        var settings = Variables().Select(v => new NativeSetting(v.Key, v.Value, CLibrary.Get(v.Key))).ToList();
        var changed = settings.Where(s => !string.Equals(s.Before, s.Value, StringComparison.Ordinal)).ToList();
        if (changed.Count > 0 && IsLibtorchLoaded())
            throw new TorchLoadException($"libtorch was loaded before {string.Join(", ", changed.Select(s => s.Name))} could be set: call NativeEnvironment.Prepare before the first tensor.");

        foreach (var setting in changed)
            CLibrary.Set(setting.Name, setting.Value);
        KeepMemory();
        try
        {
            torch.set_num_threads(1);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or NotSupportedException)
        {
            throw TorchLoadException.From(e);
        }

        return settings;
    }

    // glibc maps large blocks and unmaps them when freed, so each step of a convolutional net faults in about 90,000 pages anew.
    // Heaps of other threads than the first are limited to 64 MB each, hence one arena (measured: docs/decisions.md).
    private static void KeepMemory()
    {
        const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;
        CLibrary.SetAllocator(MmapThreshold, 1 << 30);
        CLibrary.SetAllocator(TrimThreshold, int.MaxValue);
        CLibrary.SetAllocator(TopPad, 64 << 20);
        CLibrary.SetAllocator(ArenaMax, 1);
    }

    private static bool IsLibtorchLoaded()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Any(module => module.ModuleName.Contains("torch_cpu", StringComparison.Ordinal));
    }
}

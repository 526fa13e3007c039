using System.Diagnostics;
using System.Runtime.InteropServices;
using DistTrain.Recipes;
using DistTrain.Torch.Devices;
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
    private static string _determinism = Determinisms.Host;

    /// <summary>
    /// What this process computes with once it is prepared, e.g. "host AVX2" or "host AVX-512, bfloat16 AMX": ranks of one job must agree in it, because their bits are those of
    /// the libraries' code for that set of instructions.
    /// </summary>
    /// <param name="precision">The job's, one of <see cref="Precisions"/>.</param>
    /// <param name="device">What ranks compute on beside the processor, as <see cref="DeviceSet.KindOf"/> says it; null: on that alone.</param>
    public static string Arithmetic(string precision, string? device = null)
    {
        var arithmetic = $"{_determinism} {Instructions.Of(_determinism)}";
        if (device is not null)
            return precision == Precisions.BFloat16 ? $"{arithmetic}, {precision} on {device}" : $"{arithmetic}, {device}";
        return precision == Precisions.BFloat16 ? $"{arithmetic}, {precision} {Instructions.OfBFloat16}" : arithmetic;
    }

    /// <summary>Why the job is slow in its precision on this processor, in words for the user; null: it is not.</summary>
    /// <param name="precision">One of <see cref="Precisions"/>.</param>
    public static string? Warning(string precision) => precision == Precisions.BFloat16 && Instructions.SlowBFloat16 is { } slow
        ? $"precision {precision}: this processor {slow}"
        : null;

    /// <summary>Prepares the process and loads libtorch; further calls return what the first one found.</summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>; null: what the process was prepared for, or else host.</param>
    /// <returns>All settings; a caller logs those with <see cref="NativeSetting.IsOverride"/>.</returns>
    /// <exception cref="TorchLoadException">libtorch does not load, or something loaded it before with other settings.</exception>
    public static IReadOnlyList<NativeSetting> Prepare(string? determinism = null)
    {
        lock (_gate)
        {
            if (_settings is not null && determinism is not null && determinism != _determinism)
                throw new TorchLoadException($"libtorch was loaded for determinism: {_determinism} and cannot be loaded again for {determinism}.");
            return _settings ??= PrepareOnce(_determinism = determinism ?? Determinisms.Host);
        }
    }

    /// <summary>The variables that decide bits on this processor.</summary>
    /// <param name="determinism">One of <see cref="Determinisms"/>.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Variables(string determinism = Determinisms.Host)
    {
        var variables = new List<KeyValuePair<string, string>>
        {
            // Ranks are the parallelism; a second thread inside one would also change how its sums are split.
            new("OMP_NUM_THREADS", "1"),
            new("MKL_NUM_THREADS", "1"),
        };
        // Without these three each library picks its own best, and MKL also by where in memory an operand lies.
        switch (Instructions.Of(determinism))
        {
            case Instructions.AVX512:
                variables.Add(new("MKL_CBWR", Instructions.AreIntels ? "AVX512,STRICT" : "AVX2"));
                // float32 is computed by the same code under AVX512_CORE; what is newer serves bfloat16.
                variables.Add(new("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_AMX"));
                variables.Add(new("ATEN_CPU_CAPABILITY", "avx512"));
                break;
            case Instructions.AVX2:
                variables.Add(new("MKL_CBWR", "AVX2"));
                variables.Add(new("ONEDNN_MAX_CPU_ISA", "AVX2"));
                variables.Add(new("ATEN_CPU_CAPABILITY", "avx2"));
                break;
        }

        // The branch for reproducible results binds what MKL promises them for, this all that it dispatches.
        if (determinism == Determinisms.Portable)
            variables.Add(new("MKL_ENABLE_INSTRUCTIONS", "AVX2"));
        if (DeviceSet.Backend == DeviceKinds.Cuda)
        {
            // A workspace of fixed size, without which cuBLAS may sum in another order; and numbers that stay with their device.
            variables.Add(new("CUBLAS_WORKSPACE_CONFIG", ":4096:8"));
            variables.Add(new("CUDA_DEVICE_ORDER", "PCI_BUS_ID"));
        }

        return variables;
    }

    /// <summary>
    /// What whoever starts a process with ranks gives it on the way: <see cref="Variables"/>, what only a process that starts takes
    /// (<see cref="StartEnvironment"/>), and one heap for all threads, which glibc takes from the environment only (see <see cref="KeepMemory"/>);
    /// without the heap results are the same, large micro-batches slower.
    /// </summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ForChildren(string determinism = Determinisms.Host)
    {
        var variables = Variables(determinism).Concat(StartEnvironment.Variables(determinism));
        return OperatingSystem.IsLinux() ? [.. variables, new("MALLOC_ARENA_MAX", "1")] : [.. variables];
    }

    private static List<NativeSetting> PrepareOnce(string determinism)
    {
        // Whoever names a device that there is not learns it here, and not from a rank.
        try
        {
            _ = TensorDevice.Default;
        }
        catch (InvalidOperationException e)
        {
            throw new TorchLoadException(e.Message, e);
        }

        var settings = Variables(determinism).Select(v => new NativeSetting(v.Key, v.Value, CLibrary.Get(v.Key))).ToList();
        var changed = settings.Where(s => !string.Equals(s.Before, s.Value, StringComparison.Ordinal)).ToList();
        if (changed.Count > 0 && IsLibtorchLoaded())
            throw new TorchLoadException($"libtorch was loaded before {string.Join(", ", changed.Select(s => s.Name))} could be set: call NativeEnvironment.Prepare before the first tensor.");

        foreach (var setting in changed)
            CLibrary.Set(setting.Name, setting.Value);
        KeepMemory();
        try
        {
            // TorchSharp's own loader answers a failure by copying half a gigabyte into the program's folder and hides the cause.
            foreach (var library in new[] { "torch_cpu", "LibTorchSharp" })
                NativeLibrary.Load(library, typeof(torch).Assembly, searchPath: null);
            torch.set_num_threads(1);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or NotSupportedException)
        {
            throw TorchLoadException.From(e);
        }

        return settings;
    }

    /// <summary>
    /// glibc gives freed memory back to the system at once, so each step of a convolutional net faults its pages in anew: 85,000
    /// faults and a third of the time at batch 256. Blocks of up to 1 GiB come from the heap instead, and a heap keeps 64 MiB more
    /// than it needs (the trim threshold alone does not: whole heaps of other threads than the first are dropped regardless).
    /// Such a heap ends at 64 MiB, larger activations are mapped even so; only the first heap has no limit. One arena lets the
    /// ranks use that one, fully so when set before the process starts: threads of the runtime have made others by now.
    /// </summary>
    private static void KeepMemory()
    {
        const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;
        CLibrary.SetAllocator(MmapThreshold, 1 << 30);
        CLibrary.SetAllocator(TrimThreshold, -1); // the largest size_t: a pass in float64 frees more than 2 GiB at its end
        CLibrary.SetAllocator(TopPad, 64 << 20);
        CLibrary.SetAllocator(ArenaMax, 1);
    }

    private static bool IsLibtorchLoaded()
    {
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Any(module => module.ModuleName.Contains("torch_cpu", StringComparison.Ordinal));
    }
}

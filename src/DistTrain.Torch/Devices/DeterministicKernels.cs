using System.Runtime.InteropServices;
using TorchSharp;

namespace DistTrain.Torch.Devices;

/// <summary>
/// Has libtorch take no kernel on a device whose sums depend on the order in which threads come, and multiply in float32 where float32 is asked for.
/// TorchSharp has no call for most of it, so libtorch's own are called by their C++ names; each setting is read back. An operation that has no such
/// kernel throws, with its name. cuBLAS is told by CUBLAS_WORKSPACE_CONFIG, before it is loaded.
/// </summary>
internal static partial class DeterministicKernels
{
    private const string Library = "torch_cpu";

    /// <summary>Sets all, for the whole process.</summary>
    /// <exception cref="NotSupportedException">This system's libtorch does not take a setting; in words for the user.</exception>
    public static void Require()
    {
        Set(deterministic: true);
        torch.backends.cuda.matmul.allow_tf32 = false;
        torch.backends.cudnn.allow_tf32 = false;
        if (Refused() is { Count: > 0 } refused)
            throw new NotSupportedException($"libtorch did not take {string.Join(", ", refused)}: a job on a CUDA device would not have the same bits twice");
    }

    /// <summary>Those of libtorch's own settings.</summary>
    /// <param name="deterministic">False: as libtorch is when it is loaded.</param>
    /// <exception cref="NotSupportedException">This system's libtorch has no such calls.</exception>
    internal static void Set(bool deterministic)
    {
        try
        {
            var context = GlobalContext();
            SetDeterministicAlgorithms(context, deterministic, warnOnly: false);
            // Memory is not filled with NaN each time it is taken: nothing here reads what it has not written.
            SetDeterministicFillUninitializedMemory(context, !deterministic);
            SetDeterministicCudnn(context, deterministic);
            SetBenchmarkCudnn(context, false);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            throw new NotSupportedException($"this libtorch has no settings for deterministic kernels under the names that are known ({e.Message}): CUDA devices are used on Linux only", e);
        }
    }

    /// <summary>What does not read as it was set.</summary>
    internal static IReadOnlyList<string> Refused()
    {
        var context = GlobalContext();
        var wrong = new List<string>();
        if (!DeterministicAlgorithms(context))
            wrong.Add("deterministic algorithms");
        if (DeterministicFillUninitializedMemory(context))
            wrong.Add("memory that is not filled");
        if (!DeterministicCudnn(context))
            wrong.Add("deterministic cuDNN");
        if (BenchmarkCudnn(context))
            wrong.Add("cuDNN without benchmark");
        if (torch.backends.cuda.matmul.allow_tf32 || torch.backends.cudnn.allow_tf32)
            wrong.Add("products in float32 (no TF32)");
        return wrong;
    }

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    private static partial void SetDeterministicAlgorithms(nint context, [MarshalAs(UnmanagedType.U1)] bool on, [MarshalAs(UnmanagedType.U1)] bool warnOnly);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context23deterministicAlgorithmsEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool DeterministicAlgorithms(nint context);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb")]
    private static partial void SetDeterministicFillUninitializedMemory(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context36deterministicFillUninitializedMemoryEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool DeterministicFillUninitializedMemory(nint context);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context21setDeterministicCuDNNEb")]
    private static partial void SetDeterministicCudnn(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context18deterministicCuDNNEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool DeterministicCudnn(nint context);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context17setBenchmarkCuDNNEb")]
    private static partial void SetBenchmarkCudnn(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context14benchmarkCuDNNEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool BenchmarkCudnn(nint context);
}

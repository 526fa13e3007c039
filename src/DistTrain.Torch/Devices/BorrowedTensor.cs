using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>Tensors over memory that is not libtorch's: TorchSharp itself makes them over managed arrays only.</summary>
internal static unsafe partial class BorrowedTensor
{
    /// <summary>A tensor [memory.Length] of the elements themselves. The memory must not move, and outlive it and all its views.</summary>
    public static Tensor Over(Memory<float> memory)
    {
        var first = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory.Span));
        long length = memory.Length;
        var handle = NewTensor(first, (nint)(delegate* unmanaged[Cdecl]<nint, void>)&Keep, (nint)(&length), 1, (sbyte)ScalarType.Float32, (sbyte)ScalarType.Float32, (int)DeviceType.CPU, 0, 0);
        if (handle == 0)
            torch.CheckForErrors();
        return Tensor.UnsafeCreateTensor(handle);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Keep(nint memory)
    {
        // The memory is not libtorch's to free.
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_new")]
    private static partial nint NewTensor(nint data, nint deleter, nint sizes, int dimensions, sbyte elementType, sbyte resultType, int deviceType, int deviceIndex, byte requiresGradient);
}

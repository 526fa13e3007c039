using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>A contiguous CPU tensor's elements as managed memory, without a copy. The tensor must outlive every use.</summary>
internal sealed unsafe class TensorMemory<T> : MemoryManager<T>
    where T : unmanaged
{
    private readonly T* _first;
    private readonly int _length;

    public TensorMemory(Tensor tensor)
    {
        if (!tensor.is_contiguous() || tensor.device_type != TorchSharp.DeviceType.CPU)
            throw new ArgumentException("the tensor must be contiguous and on the CPU", nameof(tensor));
        var bytes = tensor.bytes;
        _first = (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _length = bytes.Length / sizeof(T);
    }

    public override Span<T> GetSpan() => new(_first, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_first + elementIndex);

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        // The tensor owns the memory.
    }
}

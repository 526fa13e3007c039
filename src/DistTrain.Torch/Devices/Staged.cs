using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>A tensor on a device and the same elements in this process's memory; on the processor both are one.</summary>
/// <param name="there">What is computed with.</param>
/// <param name="here">A tensor over <paramref name="memory"/>; null: <paramref name="there"/> is one.</param>
/// <param name="memory">Its elements here, row-major.</param>
internal sealed class Staged<T>(Tensor there, Tensor? here, Memory<T> memory) : IDisposable
    where T : unmanaged
{
    /// <summary>What libtorch computes with.</summary>
    public Tensor Tensor => there;

    /// <summary>Its elements in this process's memory, row-major.</summary>
    public Memory<T> Memory => memory;

    /// <summary>The device has the first elements as they are here.</summary>
    public void Send(int elements) => Copy(here, there, elements);

    /// <summary>Here are the first elements as the device has them.</summary>
    public void Fetch(int elements) => Copy(there, here, elements);

    /// <summary>Zeros in both places.</summary>
    public void Clear()
    {
        memory.Span.Clear();
        Send(memory.Length);
    }

    public void Dispose()
    {
        there.Dispose();
        here?.Dispose();
    }

    private void Copy(Tensor? from, Tensor? to, int elements)
    {
        if (here is null || elements == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        to!.view(-1).narrow(0, 0, elements).copy_(from!.view(-1).narrow(0, 0, elements));
    }
}

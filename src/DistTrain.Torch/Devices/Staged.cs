using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>
/// A tensor on a device and the same elements in this process's memory; on the processor both are one. A copy is begun by <see cref="Send(int)"/> or
/// <see cref="Fetch(int, int)"/> and has ended when it was waited for: until then nobody may write what it takes, nor read what it gives.
/// </summary>
/// <param name="there">What is computed with.</param>
/// <param name="here">A tensor over <paramref name="memory"/>; null: <paramref name="there"/> is one.</param>
/// <param name="memory">Its elements here, row-major.</param>
/// <param name="late">Does the copies when they are waited for; null: the device does, or they are done when they are begun.</param>
/// <param name="isQueued">The device does them in the order in which they were begun, after what it had to compute before.</param>
internal sealed class Staged<T>(Tensor there, Tensor? here, Memory<T> memory, LateCopies? late = null, bool isQueued = false) : IDisposable
    where T : unmanaged
{
    /// <summary>What libtorch computes with.</summary>
    public Tensor Tensor => there;

    /// <summary>Its elements in this process's memory, row-major.</summary>
    public Memory<T> Memory => memory;

    /// <summary>Begins: the device gets the first elements as they are here.</summary>
    public void Send(int elements) => Send(0, elements);

    /// <summary>Begins: the device gets some elements as they are here.</summary>
    public void Send(int first, int elements) => Copy(here, there, first, elements);

    /// <summary>Begins: here come some elements as the device has them.</summary>
    public void Fetch(int first, int elements) => Copy(there, here, first, elements);

    /// <summary>All copies that were begun have ended.</summary>
    public void Wait() => Wait(0, memory.Length);

    /// <summary>Those of some elements have.</summary>
    public void Wait(int first, int elements)
    {
        late?.Wait(first, elements);
        // TorchSharp has no events: all that the device has to do is waited for.
        if (isQueued)
            cuda.synchronize(there.device);
    }

    /// <summary>Zeros in both places, at once.</summary>
    public void Clear()
    {
        Wait();
        memory.Span.Clear();
        if (here is null)
            return;
        using var noGradient = no_grad();
        there.zero_();
    }

    public void Dispose()
    {
        late?.Dispose();
        there.Dispose();
        here?.Dispose();
    }

    private void Copy(Tensor? from, Tensor? to, int first, int elements)
    {
        if (here is null || elements == 0)
            return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (source, target) = (from!.view(-1).narrow(0, first, elements), to!.view(-1).narrow(0, first, elements));
        if (late is null)
            target.copy_(source, isQueued);
        else
            late.Begin(source, target, first, elements);
    }
}

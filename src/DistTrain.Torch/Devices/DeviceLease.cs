namespace DistTrain.Torch.Devices;

/// <summary>That a rank computes on a device, until it is disposed.</summary>
public sealed class DeviceLease : IDisposable
{
    private Action? _end;

    internal DeviceLease(TensorDevice device, Action end) => (Device, _end) = (device, end);

    /// <summary>Where its tensors live.</summary>
    public TensorDevice Device { get; }

    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}

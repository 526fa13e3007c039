namespace DistTrain.Torch.Devices;

/// <summary>A silo ends because a device of its is gone; the message says which rank met it, and what CUDA said.</summary>
public sealed class DeviceLostException(string message) : Exception(message);

using System.Runtime.InteropServices;

namespace DistTrain.Torch.Devices;

/// <summary>What a device that the processor plays says, as libtorch would for one.</summary>
internal sealed class PlayedException(string message) : ExternalException(message);

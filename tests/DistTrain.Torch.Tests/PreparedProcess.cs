using DistTrain.Torch.Hosting;
using DistTrain.Torch.Tests;

[assembly: AssemblyFixture(typeof(PreparedProcess))]

namespace DistTrain.Torch.Tests;

/// <summary>Prepares the test process before its first tensor, as a silo does.</summary>
public sealed class PreparedProcess
{
    public PreparedProcess() => Settings = NativeEnvironment.Prepare();

    public IReadOnlyList<NativeSetting> Settings { get; }
}

using DistTrain.Tests.Processes;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Tests.Hosting;

[Trait("Kind", "Process")]
public sealed class InheritedEnvironmentTests
{
    [Fact]
    public async Task A_child_process_inherits_what_was_set()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "printenv is a POSIX command");
        CLibrary.Set("DISTTRAIN_TEST_VARIABLE", "kept");
        Assert.Equal("kept", CLibrary.Get("DISTTRAIN_TEST_VARIABLE"));
        Assert.Equal("kept", (await Tool.RunAsync("printenv", "DISTTRAIN_TEST_VARIABLE")).Trim());
    }
}

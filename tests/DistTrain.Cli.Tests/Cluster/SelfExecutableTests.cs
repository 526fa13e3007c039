using DistTrain.Cli.Cluster;

namespace DistTrain.Cli.Tests.Cluster;

[Trait("Kind", "Fast")]
public class SelfExecutableTests
{
    [Fact]
    public void Its_own_executable_needs_nothing_in_front()
    {
        var self = SelfExecutable.Find("/opt/disttrain/disttrain", "/opt/disttrain/disttrain.dll");
        Assert.Equal("/opt/disttrain/disttrain", self.FileName);
        Assert.Empty(self.Prefix);
    }

    [Fact]
    public void Under_dotnet_the_assembly_comes_first()
    {
        var self = SelfExecutable.Find("/usr/bin/dotnet", "/opt/disttrain/disttrain.dll");
        Assert.Equal("/usr/bin/dotnet", self.FileName);
        Assert.Equal(["/opt/disttrain/disttrain.dll"], self.Prefix);
    }
}

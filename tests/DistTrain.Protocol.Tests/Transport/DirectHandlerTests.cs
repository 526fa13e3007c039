using DistTrain.Protocol.Transport;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public class DirectHandlerTests
{
    [Fact]
    public void No_proxy_stands_between_processes_of_a_cluster()
    {
        using var handler = DirectHandler.Create(certificates: null);
        Assert.False(handler.UseProxy);
    }
}

using CsCheck;
using DistTrain.Protocol.Clients;

namespace DistTrain.Protocol.Tests.Clients;

[Trait("Kind", "Fast")]
public class EndpointTests
{
    [Theory]
    [InlineData("127.0.0.1:5000", "127.0.0.1", 5000)]
    [InlineData("silo-0.cluster.local:65535", "silo-0.cluster.local", 65535)]
    [InlineData("[::1]:80", "::1", 80)]
    public void Reads_host_and_port(string text, string host, int port)
    {
        Assert.True(Endpoint.TryParse(text, out var endpoint));
        Assert.Equal(new Endpoint(host, port), endpoint);
        Assert.Equal(text, endpoint.ToString());
        Assert.Equal(port, new FrontDoor(endpoint).Address.Port);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":5000")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:+5")]
    [InlineData("host: 5")]
    [InlineData("::1:80")]
    [InlineData("http://host:80")]
    [InlineData("ho st:80")]
    [InlineData("host/path:80")]
    public void Refuses_the_rest(string? text) => Assert.False(Endpoint.TryParse(text, out _));

    [Fact]
    public void Whatever_is_taken_is_an_address() => Gen.String.Sample(text =>
    {
        if (Endpoint.TryParse(text, out var endpoint))
            _ = new FrontDoor(endpoint).Address;
    });
}

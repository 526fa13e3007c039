using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Roles;

namespace DistTrain.Cli.Tests.Roles;

[Trait("Kind", "Fast")]
public class BindAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.53")]
    [InlineData("::1")]
    public void Loopback_is_fine(string host) => Assert.Null(BindAddress.Problem(IPAddress.Parse(host), insecure: false, asks: false));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.10")]
    public void Anything_else_needs_a_word(string host)
    {
        var problem = BindAddress.Problem(IPAddress.Parse(host), insecure: false, asks: false);
        Assert.Contains("--insecure", problem);
        Assert.Contains(host, problem);
        Assert.Null(BindAddress.Problem(IPAddress.Parse(host), insecure: true, asks: false));
        Assert.Null(BindAddress.Problem(IPAddress.Parse(host), insecure: false, asks: true));
    }

    [Fact]
    public void A_taken_port_is_named_however_deep_the_cause_lies()
    {
        var e = new IOException("x", new InvalidOperationException("y", new SocketException((int)SocketError.AddressAlreadyInUse)));
        Assert.Contains("port 6000 of 127.0.0.1 is taken", BindAddress.Explain(e, IPAddress.Loopback, 6000));
    }

    [Fact]
    public void Other_causes_are_left_alone()
    {
        Assert.Null(BindAddress.Explain(new IOException("disk"), IPAddress.Loopback, 1));
        Assert.Null(BindAddress.Explain(new SocketException((int)SocketError.ConnectionReset), IPAddress.Loopback, 1));
    }
}

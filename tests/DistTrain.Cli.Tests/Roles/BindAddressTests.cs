using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Invocation;
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

    /// <summary>A taken --http-port was said to be port 0 of --port.</summary>
    [Fact]
    public void A_taken_port_is_named_with_its_option_however_deep_the_cause_lies()
    {
        using var taken = Ports.Take();
        BoundPort[] ports = [new("--port", IPAddress.Loopback, 0), new("--http-port", IPAddress.Loopback, Ports.Of(taken), IsOptional: true)];
        var problem = $"port {Ports.Of(taken)} of 127.0.0.1 is taken; choose another with --http-port, or leave it out";
        Assert.Equal([problem], Assert.Throws<CommandException>(() => BindAddress.Probe(ports)).Problems);
        var e = new IOException("x", new InvalidOperationException("y", new SocketException((int)SocketError.AddressAlreadyInUse)));
        Assert.Equal([problem], BindAddress.Explain(e, ports));
    }

    [Fact]
    public void All_ports_that_cannot_be_listened_on_are_named_at_once()
    {
        using var first = Ports.Take();
        using var second = Ports.Take();
        var e = Assert.Throws<CommandException>(() => BindAddress.Probe(
            new BoundPort("--port", IPAddress.Loopback, Ports.Of(first)),
            new BoundPort("--health-port", IPAddress.Loopback, Ports.Of(second), IsOptional: true),
            new BoundPort("--silo-port", IPAddress.Parse("192.0.2.1"), 0)));
        Assert.Equal(
            [
                $"port {Ports.Of(first)} of 127.0.0.1 is taken; choose another with --port, or 0 for a free one",
                $"port {Ports.Of(second)} of 127.0.0.1 is taken; choose another with --health-port, or leave it out",
                "--host 192.0.2.1 is no address of this machine",
            ],
            e.Problems);
    }

    /// <summary>Whoever had the port is gone by now.</summary>
    [Fact]
    public void A_port_that_is_free_again_is_one_of_those_that_were_asked_for()
    {
        var port = Ports.Free();
        var e = new IOException("Failed to bind.", new SocketException((int)SocketError.AddressAlreadyInUse));
        Assert.Equal([$"Failed to bind. It is one of --port {port}; start it again, or choose others"], BindAddress.Explain(e, new BoundPort("--port", IPAddress.Loopback, port)));
    }

    [Fact]
    public void Other_causes_are_left_alone()
    {
        var port = new BoundPort("--port", IPAddress.Loopback, 1);
        Assert.Null(BindAddress.Explain(new IOException("disk"), port));
        Assert.Null(BindAddress.Explain(new SocketException((int)SocketError.ConnectionReset), port));
    }
}

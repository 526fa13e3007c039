using System.Net;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Tests.Roles;

[Trait("Kind", "Fast")]
public class ClusterAddressesTests
{
    [Theory]
    [InlineData("10.0.0.1:6000,10.0.0.2:6000,10.0.0.1:6001", null)]
    [InlineData("10.0.0.1:6000,10.0.0.2:6000,10.0.0.1:6000", "names 10.0.0.1:6000 and 10.0.0.1:6000, which is one server 2 times")]
    [InlineData("127.0.0.1:6000,LocalHost:6000", "names 127.0.0.1:6000 and LocalHost:6000")]
    [InlineData("server.internal:6000,SERVER.internal.:6000", "names server.internal:6000 and SERVER.internal.:6000")]
    [InlineData("[::ffff:10.0.0.1]:6000,10.0.0.1:6000", "names [::ffff:10.0.0.1]:6000 and 10.0.0.1:6000")]
    [InlineData("[fe80::1]:6000,[fe80:0::1]:6000", "names [fe80::1]:6000 and [fe80:0::1]:6000")]
    [InlineData("0.0.0.0:6000", "0.0.0.0 is every address of a machine")]
    [InlineData("[::]:6000", ":: is every address of a machine")]
    [InlineData("10.0.0.9:5000", "10.0.0.9:5000 is where this silo listens itself")]
    public void Servers_are_named_once_each_and_are_others(string servers, string? problem)
    {
        var problems = ClusterAddresses.Problems([.. servers.Split(',').Select(Endpoints)], new IPEndPoint(IPAddress.Parse("10.0.0.9"), 5000)).ToList();
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_told_wrong_addresses_does_not_start_and_says_all_that_is_wrong()
    {
        var (code, _, error) = await Contexts.RunAsync(
            "worker", "--port", "5000", "--http-port", "8080", "--dashboard-port", "8080", "--cluster", "nowhere", "--servers", "localhost:6000,127.0.0.1:6000,127.0.0.1:5000");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(3, error.Length);
        Assert.Contains(error, line => line.Contains("name each once", StringComparison.Ordinal));
        Assert.Contains(error, line => line.Contains("where this silo listens itself", StringComparison.Ordinal));
        Assert.Contains("error: --http-port and --dashboard-port are all 8080: each needs a port of its own", error);
    }

    [Fact]
    public async Task A_server_needs_a_port_for_each_of_its_ways_in()
    {
        var (code, _, error) = await Contexts.RunAsync("server", "--port", "6000", "--http-port", "6000", "--health-port", "6000");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(["error: --port and --http-port and --health-port are all 6000: each needs a port of its own"], error);
    }

    private static Endpoint Endpoints(string text) => Endpoint.TryParse(text, out var endpoint) ? endpoint : throw new FormatException(text);
}

using DistTrain.Security.Certificates;
using DistTrain.Tests.Processes;

namespace DistTrain.Security.Tests.Certificates;

[Trait("Kind", "Process")]
public sealed class HostNameTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>OpenSSL decides which names are good for which hosts: what is refused is good for none, what is let in is good for its host.</summary>
    [Theory]
    [InlineData("*.server.disttrain.svc", "server-0.server.disttrain.svc", true)]
    [InlineData("*.a.b", "x.a.b", true)]
    [InlineData("server-0.server", "server-0.server", true)]
    [InlineData("localhost", "localhost", true)]
    [InlineData("a_b", "a_b", true)]
    [InlineData("*.server", "server-0.server", false)]
    [InlineData("*", "localhost", false)]
    [InlineData("server-*", "server-0", false)]
    [InlineData("server.*.svc", "server.disttrain.svc", false)]
    public async Task What_OpenSSL_takes_is_let_in_and_nothing_else(string name, string host, bool isGood)
    {
        Assert.Equal(isGood, HostName.Problem(name) is null);
        using (var authority = DevelopmentAuthority.Open(_folder["authority"], 1, TimeProvider.System))
            authority.Issue(_folder["worker"], "worker", CallerRoles.Worker, [name], days: 1);
        var answer = await Tool.RunAsync("openssl", "x509", "-noout", "-checkhost", host, "-in", _folder["worker/tls.crt"]);
        Assert.Contains(isGood ? "does match certificate" : "does NOT match certificate", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("::1")]
    [InlineData("train.example.com")]
    public void Names_and_addresses_are_let_in(string host) => Assert.Null(HostName.Problem(host));

    [Theory]
    [InlineData("*.server", "OpenSSL takes a wildcard only before two labels or more")]
    [InlineData("server-*.server.svc", "a wildcard is the whole first label")]
    [InlineData("*.*.server.svc", "a wildcard is the whole first label")]
    [InlineData("localhost:5000", "neither a name")]
    [InlineData("a..b", "neither a name")]
    [InlineData("-a.b", "neither a name")]
    [InlineData("", "neither a name")]
    public void What_is_refused_says_why(string host, string why)
    {
        var problem = HostName.Problem(host);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.Contains($"'{host}'", problem, StringComparison.Ordinal);
    }
}

using DistTrain.Protocol.Transport;
using DistTrain.Security;
using DistTrain.Security.Certificates;

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

    /// <summary>A certificate is shown once a connection: calls on one that lasts for ever would show one that has expired.</summary>
    [Fact]
    public void Calls_under_certificates_are_on_connections_that_are_made_anew_within_a_minute()
    {
        using var folder = new TempFolder();
        using (var authority = DevelopmentAuthority.Open(folder.Path, 1, TimeProvider.System))
            authority.Issue(folder["alice"], "alice", CallerRoles.Submitter, [], days: 1);
        using var handler = DirectHandler.Create(CertificateFolder.OfClient(folder["alice"]));
        Assert.InRange(handler.PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }
}

using DistTrain.Security.Access;
using DistTrain.Security.Callers;
using DistTrain.Security.Certificates;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Security.Tests.Callers;

[Trait("Kind", "Fast")]
public sealed class CallersSetupTests
{
    /// <summary>Data protection would write keys of its own into the home folder, in clear.</summary>
    [Fact]
    public void A_process_that_asks_who_calls_keeps_no_keys_but_its_certificate()
    {
        using var folder = new TempFolder();
        using (var issuer = DevelopmentAuthority.Open(folder["authority"], 10, TimeProvider.System))
            issuer.Issue(folder["worker"], "worker", CallerRoles.Worker, ["localhost"], days: 1);
        var services = new ServiceCollection();
        services.AddCallers(new Admission(CertificateFolder.OfRole(folder["worker"]), AccessRules.None));
        Assert.Contains(services, s => s.ServiceType.Name == "IAuthenticationService");
        Assert.DoesNotContain(services, s => IsDataProtection(s.ServiceType) || IsDataProtection(s.ImplementationType));
    }

    private static bool IsDataProtection(Type? type) =>
        type?.Namespace?.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal) == true;
}

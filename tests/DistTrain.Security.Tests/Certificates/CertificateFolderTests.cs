using System.Security.Cryptography.X509Certificates;
using DistTrain.Security.Certificates;
using DistTrain.Tests.Processes;
using Microsoft.Extensions.Time.Testing;

namespace DistTrain.Security.Tests.Certificates;

[Trait("Kind", "Process")]
public sealed class CertificateFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_authority_vouches_for_what_it_made_and_for_nothing_else()
    {
        Issue("worker", CallerRoles.Worker);
        Issue("alice", CallerRoles.Submitter);
        var worker = CertificateFolder.OfRole(_folder["worker"]);
        Assert.Null(worker.Problem(Of("alice"), null, CertificateUse.Client));
        Assert.Equal(("alice", CallerRoles.Submitter), (CertificateRole.Name(Of("alice")), CertificateRole.Of(Of("alice"))));
        Assert.Null(worker.Problem(Of("worker"), null, CertificateUse.Server));
        Assert.Equal("was not made for servers", worker.Problem(Of("alice"), null, CertificateUse.Server));

        Issue("stranger", CallerRoles.Submitter, authority: "other");
        Assert.Equal("comes from another authority", worker.Problem(Of("stranger"), null, CertificateUse.Client));
        Issue("old", CallerRoles.Submitter, at: DateTimeOffset.UtcNow.AddDays(-3));
        Assert.StartsWith("has expired", worker.Problem(Of("old"), null, CertificateUse.Client), StringComparison.Ordinal);
    }

    [Fact]
    public void Renewed_files_are_taken_and_broken_ones_are_not()
    {
        Issue("worker", CallerRoles.Worker);
        var folder = CertificateFolder.OfRole(_folder["worker"]);
        var first = folder.Own!.TargetCertificate.Thumbprint;
        Issue("worker", CallerRoles.Worker);
        var second = folder.Own!.TargetCertificate.Thumbprint;
        Assert.NotEqual(first, second);

        File.WriteAllText(_folder["worker/tls.key"], "half a k");
        Assert.Equal(second, folder.Own!.TargetCertificate.Thumbprint);
        Issue("worker", CallerRoles.Worker);
        Assert.NotEqual(second, folder.Own!.TargetCertificate.Thumbprint);

        // Another authority: what was good is not any more.
        Issue("alice", CallerRoles.Submitter);
        Issue("bob", CallerRoles.Submitter, authority: "other");
        File.Copy(_folder["bob/ca.crt"], _folder["worker/ca.crt"], overwrite: true);
        Assert.NotNull(folder.Problem(Of("alice"), null, CertificateUse.Client));
        Assert.Null(folder.Problem(Of("bob"), null, CertificateUse.Client));

        // Both, while one takes the place of the other.
        File.AppendAllText(_folder["worker/ca.crt"], File.ReadAllText(_folder["alice/ca.crt"]));
        Assert.Null(folder.Problem(Of("alice"), null, CertificateUse.Client));
        Assert.Null(folder.Problem(Of("bob"), null, CertificateUse.Client));
    }

    [Fact]
    public async Task The_swap_of_a_mounted_secret_is_seen()
    {
        Issue("first", CallerRoles.Worker);
        Issue("second", CallerRoles.Worker);
        var mounted = new MountedSecret(_folder["mounted"]);
        await mounted.PutAsync(_folder["first"]);
        var folder = CertificateFolder.OfRole(mounted.Path);
        Assert.Equal(Of("first").Thumbprint, folder.Own!.TargetCertificate.Thumbprint);
        await mounted.PutAsync(_folder["second"]);
        Assert.Equal(Of("second").Thumbprint, folder.Own!.TargetCertificate.Thumbprint);
    }

    [Fact]
    public void What_can_not_be_used_is_named()
    {
        Issue("alice", CallerRoles.Submitter);
        Assert.Contains("needs a certificate with the organization (O) 'worker'", Refused(() => CertificateFolder.OfRole(_folder["alice"])), StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["nobody"]);
        File.Copy(_folder["alice/ca.crt"], _folder["nobody/ca.crt"]);
        Assert.Null(CertificateFolder.OfClient(_folder["nobody"]).Own);
        Assert.Contains("tls.crt is missing", Refused(() => CertificateFolder.OfRole(_folder["nobody"])), StringComparison.Ordinal);
        Assert.Contains(_folder["none/ca.crt"], Refused(() => CertificateFolder.OfClient(_folder["none"])), StringComparison.Ordinal);
        File.Delete(_folder["alice/tls.key"]);
        Assert.Contains("tls.key can't be used", Refused(() => CertificateFolder.OfClient(_folder["alice"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("files have no mode there");
            return;
        }

        Issue("worker", CallerRoles.Worker);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["authority/ca.key"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["worker/tls.key"]));
    }

    private static string Refused(Action read) => Assert.Throws<SecurityFileException>(read).Message;

    private X509Certificate2 Of(string name) => X509CertificateLoader.LoadCertificateFromFile(_folder[$"{name}/tls.crt"]);

    private void Issue(string name, string role, string authority = "authority", DateTimeOffset? at = null)
    {
        using var issuer = DevelopmentAuthority.Open(_folder[authority], 10, at is { } then ? new FakeTimeProvider(then) : TimeProvider.System);
        issuer.Issue(_folder[name], name, role, ["localhost"], days: 1);
    }
}

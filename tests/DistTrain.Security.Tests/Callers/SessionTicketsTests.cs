using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DistTrain.Security.Access;
using DistTrain.Security.Callers;
using DistTrain.Security.Certificates;
using Microsoft.Extensions.Time.Testing;

namespace DistTrain.Security.Tests.Callers;

[Trait("Kind", "Fast")]
public sealed class SessionTicketsTests : IDisposable
{
    private const string Carols = "tokens:\n- {name: carol, role: submitter, sha256: 0000000000000000000000000000000000000000000000000000000000000000}\n";

    private static readonly Caller _carol = new("carol", CallerRoles.Submitter);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public SessionTicketsTests()
    {
        using var authority = DevelopmentAuthority.Open(_folder["authority"], 1, TimeProvider.System);
        foreach (var silo in (string[])["first", "second"])
            authority.Issue(_folder[silo], "worker", CallerRoles.Worker, ["127.0.0.1"], days: 1);
        authority.Issue(_folder["alice"], "alice", CallerRoles.Submitter, [], days: 1);
        using var other = DevelopmentAuthority.Open(_folder["other"], 1, TimeProvider.System);
        other.Issue(_folder["stranger"], "worker", CallerRoles.Worker, ["127.0.0.1"], days: 1);
    }

    [Fact]
    public void A_ticket_of_one_silo_is_good_at_all_until_it_ends()
    {
        var (ticket, ends) = Of("first").Issue(_carol, null);
        Assert.Equal(_clock.GetUtcNow() + SessionTickets.Life, ends);
        Assert.Equal(_carol, Of("second").Read(ticket));
        _clock.Advance(SessionTickets.Life);
        Assert.Null(Of("second").Read(ticket));
    }

    [Fact]
    public void It_does_not_outlive_the_token_that_it_was_given_for()
    {
        const string Provider = "jwt: {authority: \"https://login.example.com\", audience: disttrain}\n";
        var tickets = Of("first", Provider);
        var (ticket, ends) = tickets.Issue(_carol, _clock.GetUtcNow().AddMinutes(5));
        Assert.Equal(_clock.GetUtcNow().AddMinutes(5), ends);
        Assert.Equal(_carol, tickets.Read(ticket));
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(tickets.Read(ticket));
    }

    [Fact]
    public void Who_is_struck_out_of_the_access_file_or_has_another_role_there_is_refused()
    {
        var (ticket, _) = Of("first").Issue(_carol, null);
        Assert.Null(Of("first", "tokens: []\n").Read(ticket));
        Assert.Null(Of("first", Carols.Replace("submitter", "operator", StringComparison.Ordinal)).Read(ticket));
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData("alice")]
    public void A_signature_of_no_silo_of_the_cluster_is_none(string signer) =>
        Assert.Null(Of("first").Read(Of(signer).Issue(_carol, null).Ticket));

    [Fact]
    public void What_was_signed_can_not_be_changed()
    {
        var tickets = Of("first");
        var parts = tickets.Issue(_carol, null).Ticket.Split('.');
        var said = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0]));
        var more = said.Replace("submitter", "operator", StringComparison.Ordinal);
        Assert.NotEqual(said, more);
        var all = Of("first", Carols + "- {name: carol, role: operator, sha256: 1111111111111111111111111111111111111111111111111111111111111111}\n");
        Assert.NotNull(all.Read(string.Join('.', parts)));
        Assert.Null(all.Read(string.Join('.', Base64Url.EncodeToString(Encoding.UTF8.GetBytes(more)), parts[1], parts[2])));
        Assert.All(
            (string[])["", ".", "..", "...", "a.b.c", $"{parts[0]}..{parts[2]}", $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.{parts[1]}", new string('a', 9000)],
            forged => Assert.Null(tickets.Read(forged)));
    }

    [Fact]
    public void A_key_of_RSA_signs_too()
    {
        using var pair = RSA.Create(2048);
        var request = new CertificateRequest("O=worker, CN=worker", pair, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Directory.CreateDirectory(_folder["rsa"]);
        File.WriteAllText(_folder["rsa/tls.crt"], own.ExportCertificatePem());
        File.WriteAllText(_folder["rsa/ca.crt"], own.ExportCertificatePem());
        File.WriteAllText(_folder["rsa/tls.key"], pair.ExportPkcs8PrivateKeyPem());
        Assert.Equal(_carol, Of("rsa").Read(Of("rsa").Issue(_carol, null).Ticket));
    }

    public void Dispose() => _folder.Dispose();

    private SessionTickets Of(string process, string access = Carols)
    {
        File.WriteAllText(_folder["access.yaml"], access);
        return new SessionTickets(new Admission(CertificateFolder.OfClient(_folder[process]), AccessRules.Read(_folder["access.yaml"])), _clock);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using DistTrain.Security.Certificates;

namespace DistTrain.Security.Callers;

/// <summary>
/// What a browser shows in place of a token, which it would have to send along as a header. A ticket says who and until when, signed by the process that gave
/// it and with that process's certificate: every process of the same authority can check it, and none keeps anything.
/// <code>ticket = base64url(what it says) "." base64url(signature) "." base64url(certificate)</code>
/// </summary>
/// <param name="admission">Whom the process lets in; with certificates.</param>
/// <param name="clock">Ends tickets.</param>
public sealed class SessionTickets(Admission admission, TimeProvider clock)
{
    /// <summary>The cookie that has it: of this host alone, over TLS alone (RFC 6265bis, 4.1.3).</summary>
    public const string Cookie = "__Host-disttrain";

    /// <summary>A ticket is good for a working day, or as long as the token that it was given for.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(12);

    /// <summary>Longer ones are not looked at.</summary>
    private const int MostCharacters = 8000;

    /// <summary>Where the token was known from.</summary>
    private const string Table = "table", Provider = "provider";

    /// <summary>So that nothing else that is signed by such a key can be taken for a ticket.</summary>
    private static readonly byte[] _purpose = "disttrain page ticket 1\n"u8.ToArray();

    /// <summary>A ticket for a caller who has shown a token.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="tokenEnds">When the token ends; null: it does not.</param>
    /// <returns>The ticket, and when it ends.</returns>
    public (string Ticket, DateTimeOffset Ends) Issue(Caller caller, DateTimeOffset? tokenEnds)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var latest = clock.GetUtcNow() + Life;
        var ends = tokenEnds < latest ? tokenEnds.Value : latest;
        var own = admission.Certificates!.Own!.TargetCertificate;
        var said = JsonSerializer.SerializeToUtf8Bytes<string[]>([caller.Name, caller.Role, $"{ends.ToUnixTimeSeconds()}", tokenEnds is null ? Table : Provider]);
        return (string.Join('.', Text(said), Text(Sign(own, said)), Text(own.RawData)), ends);
    }

    /// <summary>Whose ticket this is; null: it is forged, over, or of somebody who has been struck out of the access file since.</summary>
    public Caller? Read(string ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        if (ticket.Length > MostCharacters || ticket.Split('.') is not [var said, var signature, var certificate])
            return null;
        try
        {
            using var signer = X509CertificateLoader.LoadCertificate(Bytes(certificate));
            return IsTrusted(signer) && Verify(signer, Bytes(said), Bytes(signature)) ? Known(Bytes(said)) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or JsonException)
        {
            return null;
        }
    }

    private bool IsTrusted(X509Certificate2 signer) =>
        signer.RawDataMemory.Span.SequenceEqual(admission.Certificates!.Own!.TargetCertificate.RawDataMemory.Span)
        || (CertificateRole.Of(signer) == CallerRoles.Worker && admission.Certificates.Problem(signer, null, CertificateUse.Server) is null);

    private Caller? Known(byte[] said) =>
        JsonSerializer.Deserialize<string[]>(said) is [var name, var role, var ends, var from]
        && long.TryParse(ends, out var second) && clock.GetUtcNow().ToUnixTimeSeconds() < second
        && (from == Provider ? admission.Access.Jwt is not null : admission.Access.Tokens.Has(name, role))
            ? new Caller(name, role)
            : null;

    private static byte[] Sign(X509Certificate2 own, byte[] said)
    {
        byte[] signed = [.. _purpose, .. said];
        using var curve = own.GetECDsaPrivateKey();
        if (curve is not null)
            return curve.SignData(signed, HashAlgorithmName.SHA256);
        using var rsa = own.GetRSAPrivateKey() ?? throw new CryptographicException("the certificate's key is neither of an elliptic curve nor RSA");
        return rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }

    private static bool Verify(X509Certificate2 signer, byte[] said, byte[] signature)
    {
        byte[] signed = [.. _purpose, .. said];
        using var curve = signer.GetECDsaPublicKey();
        if (curve is not null)
            return curve.VerifyData(signed, signature, HashAlgorithmName.SHA256);
        using var rsa = signer.GetRSAPublicKey();
        return rsa?.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss) == true;
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Bytes(string text) => Base64Url.DecodeFromChars(text);
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>The client's side of a connection under the cluster's authority.</summary>
public static class ClientTls
{
    /// <summary>Shows this process's certificate, if it has one, and takes only a server of the authority that has the name it was called by.</summary>
    /// <remarks>A connection that is not taken fails with a <see cref="PeerCertificateException"/>.</remarks>
    public static SslClientAuthenticationOptions Options(CertificateFolder certificates) => new()
    {
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificates.Own?.TargetCertificate!,
        RemoteCertificateValidationCallback = (stream, shown, chain, errors) => Take(
            Problem(certificates, shown, chain, CertificateUse.Server) ?? (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? OtherName(shown, (SslStream)stream) : null)),
    };

    /// <summary>Takes a certificate of the authority that speaks for a process of the cluster, whatever its names.</summary>
    /// <exception cref="PeerCertificateException">It is none.</exception>
    public static bool TakeWorker(CertificateFolder certificates, X509Certificate? shown, X509Chain? chain, CertificateUse use) =>
        Take(Problem(certificates, shown, chain, use));

    private static string? Problem(CertificateFolder certificates, X509Certificate? shown, X509Chain? chain, CertificateUse use) => shown switch
    {
        X509Certificate2 certificate when CertificateRole.Of(certificate) == CallerRoles.Worker =>
            certificates.Problem(certificate, chain?.ChainPolicy.ExtraStore, use) is { } problem ? $"its certificate {problem}" : null,
        X509Certificate2 certificate => $"its certificate is not one of a server or silo: its organization (O) is not '{CallerRoles.Worker}' ({certificate.Subject})",
        _ => "its certificate was not shown",
    };

    private static string OtherName(X509Certificate? shown, SslStream stream) =>
        $"its certificate is not for {stream.TargetHostName}, by which it was called, but for {(CertificateNames.Of((X509Certificate2)shown!) is { Count: > 0 } names ? string.Join(", ", names) : "no host")}";

    private static bool Take(string? problem) => problem is null ? true : throw new PeerCertificateException(problem);
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>The client's side of a connection under the cluster's authority.</summary>
public static class ClientTls
{
    /// <summary>Shows this process's certificate, if it has one, and takes only a server of the authority that has the name it was called by.</summary>
    public static SslClientAuthenticationOptions Options(CertificateFolder certificates) => new()
    {
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificates.Own?.TargetCertificate!,
        RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
            !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && IsOfWorker(certificates, shown, chain, CertificateUse.Server),
    };

    /// <summary>True for a certificate of the authority that speaks for a process of the cluster.</summary>
    public static bool IsOfWorker(CertificateFolder certificates, X509Certificate? shown, X509Chain? chain, CertificateUse use) =>
        shown is X509Certificate2 certificate
        && CertificateRole.Of(certificate) == CallerRoles.Worker
        && certificates.Problem(certificate, chain?.ChainPolicy.ExtraStore, use) is null;
}

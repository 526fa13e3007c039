using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>The names and addresses that a certificate is made for (RFC 5280, 4.2.1.6).</summary>
public static class CertificateNames
{
    /// <summary>In the certificate's order: names, then addresses; none of a client's.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
            ? [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(a => a.ToString())]
            : [];
    }
}

using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>Who a certificate speaks for, as in Kubernetes: the common name (CN) is the name, the organization (O) the role.</summary>
public static class CertificateRole
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    /// <summary>One of <see cref="CallerRoles"/>, or null.</summary>
    public static string? Of(X509Certificate2 certificate) =>
        Attributes(certificate, Organization).FirstOrDefault(role => CallerRoles.All.Contains(role));

    /// <summary>The name, or null.</summary>
    public static string? Name(X509Certificate2 certificate) => Attributes(certificate, CommonName).FirstOrDefault();

    private static IEnumerable<string> Attributes(X509Certificate2 certificate, string type) =>
        certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == type)
            .Select(part => part.GetSingleElementValue())
            .OfType<string>();
}

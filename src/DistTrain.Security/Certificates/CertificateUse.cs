using System.Security.Cryptography;

namespace DistTrain.Security.Certificates;

/// <summary>What a certificate may be used for (RFC 5280, 4.2.1.12).</summary>
public sealed record CertificateUse(string Name, Oid Identifier)
{
    public static CertificateUse Server { get; } = new("servers", new Oid("1.3.6.1.5.5.7.3.1"));

    public static CertificateUse Client { get; } = new("clients", new Oid("1.3.6.1.5.5.7.3.2"));
}

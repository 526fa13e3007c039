using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>
/// An authority in a folder, for development and small clusters: it signs certificates into folders that <see cref="CertificateFolder"/> reads.
/// Whoever has its key can be anybody: a large cluster has an authority of its own (cert-manager, for example).
/// </summary>
public sealed class DevelopmentAuthority : IDisposable
{
    private const string AuthorityKeyFile = "ca.key";

    // Clocks of machines differ a little.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _now;

    private DevelopmentAuthority(X509Certificate2 authority, DateTimeOffset now) => (_authority, _now) = (authority, now);

    /// <summary>The authority of a folder; made with it if there is none.</summary>
    /// <param name="folder">Gets <c>ca.crt</c> and <c>ca.key</c>.</param>
    /// <param name="days">How long a new one is valid.</param>
    /// <param name="clock">Tells the time.</param>
    /// <exception cref="SecurityFileException">What is there can't be used.</exception>
    public static DevelopmentAuthority Open(string folder, int days, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var (certificate, key) = (Path.Combine(folder, CertificateFolder.AuthorityFile), Path.Combine(folder, AuthorityKeyFile));
        var now = clock.GetUtcNow();
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(key))
                return new DevelopmentAuthority(X509Certificate2.CreateFromPemFile(certificate, key), now);
            using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=DistTrain development authority", pair, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            var authority = request.CreateSelfSigned(now - ClockSkew, now.AddDays(days));
            WriteKey(key, pair);
            File.WriteAllText(certificate, Pem(authority));
            return new DevelopmentAuthority(authority, now);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SecurityFileException($"the authority in {folder} can't be used: {e.Message}", e);
        }
    }

    /// <summary>What an earlier certificate in a folder says, so that a new one can say the same; null where there is none that can be read.</summary>
    /// <returns>Role (O), and names and addresses.</returns>
    public static (string? Role, IReadOnlyList<string> Hosts)? Issued(string folder)
    {
        var file = Path.Combine(folder, CertificateFolder.CertificateFile);
        if (!File.Exists(file))
            return null;
        try
        {
            using var issued = X509CertificateLoader.LoadCertificateFromFile(file);
            return (CertificateRole.Of(issued), CertificateNames.Of(issued));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes a certificate with its key and the authority's certificate into a folder; what is there is renewed.</summary>
    /// <param name="folder">Made if missing.</param>
    /// <param name="name">Who it speaks for (CN).</param>
    /// <param name="role">One of <see cref="CallerRoles"/> (O); only a worker's is good for a server.</param>
    /// <param name="hosts">Names and addresses at which a server or silo is reached; not used for other roles.</param>
    /// <param name="days">How long it is valid, at most as long as the authority.</param>
    public void Issue(string folder, string name, string role, IReadOnlyList<string> hosts, int days)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(role);
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), pair, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        var isServer = role == CallerRoles.Worker;
        OidCollection uses = isServer ? [CertificateUse.Client.Identifier, CertificateUse.Server.Identifier] : [CertificateUse.Client.Identifier];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (isServer && hosts.Count > 0)
            request.CertificateExtensions.Add(Names(hosts));
        // Nothing outlives who vouches for it.
        var begin = Later(_now - ClockSkew, new DateTimeOffset(_authority.NotBefore));
        var end = Later(begin, Earlier(_now.AddDays(days), new DateTimeOffset(_authority.NotAfter)));
        using var issued = request.Create(_authority, begin, end, RandomNumberGenerator.GetBytes(16));
        Directory.CreateDirectory(folder);
        WriteKey(Path.Combine(folder, CertificateFolder.KeyFile), pair);
        File.WriteAllText(Path.Combine(folder, CertificateFolder.AuthorityFile), Pem(_authority));
        File.WriteAllText(Path.Combine(folder, CertificateFolder.CertificateFile), Pem(issued));
    }

    public void Dispose() => _authority.Dispose();

    /// <summary>With the end of its line: such files are put one behind the other.</summary>
    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static X509Extension Names(IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        return names.Build();
    }

    /// <summary>Nobody else may read it, from its first byte on.</summary>
    private static void WriteKey(string path, ECDsa pair)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(pair.ExportPkcs8PrivateKeyPem());
    }
}

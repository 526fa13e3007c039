using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistTrain.Security.Certificates;

/// <summary>
/// The certificate of a process and the authority that it trusts, in files laid out as Kubernetes lays out a TLS secret: <c>tls.crt</c>,
/// <c>tls.key</c>, <c>ca.crt</c>, all PEM. Files that were renewed are taken for the next connection; while they can't be read, those before stay.
/// </summary>
/// <remarks>
/// Whether they were renewed is asked of what is in them: a mounted secret is links to links, of which a kubelet replaces one in the middle, so that neither
/// the files' own times nor their folder's change.
/// </remarks>
public sealed class CertificateFolder
{
    /// <summary>The authority's certificates.</summary>
    public const string AuthorityFile = "ca.crt";

    /// <summary>The process's own certificate, with those between it and the authority behind it.</summary>
    public const string CertificateFile = "tls.crt";

    /// <summary>Its private key.</summary>
    public const string KeyFile = "tls.key";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private Loaded _loaded;

    private CertificateFolder(string folder)
    {
        _folder = folder;
        _loaded = Load(Read());
    }

    /// <summary>The process's own certificate; null where there is none: such a client shows a token instead.</summary>
    public SslStreamCertificateContext? Own => Current().Own;

    /// <summary>Reads the folder of a client, which needs no certificate of its own.</summary>
    /// <exception cref="SecurityFileException">A file is missing or is not what its name says.</exception>
    public static CertificateFolder OfClient(string folder) => new(folder);

    /// <summary>Reads the folder of a server or a silo.</summary>
    /// <exception cref="SecurityFileException">A file is missing or is not what its name says.</exception>
    public static CertificateFolder OfRole(string folder)
    {
        var read = new CertificateFolder(folder);
        return read.Own is { } own
            ? CertificateRole.Of(own.TargetCertificate) == CallerRoles.Worker
                ? read
                : throw new SecurityFileException($"{Path.Combine(folder, CertificateFile)}: a server or silo needs a certificate with the organization (O) '{CallerRoles.Worker}'")
            : throw new SecurityFileException($"{Path.Combine(folder, CertificateFile)} is missing: a server or silo needs a certificate of its own");
    }

    /// <summary>What is wrong with a peer's certificate, in words that end "the certificate …"; null when the authority vouches for it.</summary>
    /// <param name="peer">What the peer showed.</param>
    /// <param name="between">Further certificates that it sent.</param>
    /// <param name="use">What it has to be made for.</param>
    public string? Problem(X509Certificate2 peer, X509Certificate2Collection? between, CertificateUse use)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Current().Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(use.Identifier);
        if (between is not null)
            chain.ChainPolicy.ExtraStore.AddRange(between);
        if (chain.Build(peer))
            return null;
        var status = chain.ChainStatus.Select(s => s.Status).Aggregate((a, b) => a | b);
        return status switch
        {
            _ when status.HasFlag(X509ChainStatusFlags.NotTimeValid) => $"has expired or is not valid yet ({peer.NotBefore.ToUniversalTime():u} to {peer.NotAfter.ToUniversalTime():u})",
            _ when status.HasFlag(X509ChainStatusFlags.NotValidForUsage) => $"was not made for {use.Name}",
            _ when status.HasFlag(X509ChainStatusFlags.PartialChain) || status.HasFlag(X509ChainStatusFlags.UntrustedRoot) => "comes from another authority",
            _ => $"is not valid: {status}",
        };
    }

    private Loaded Current()
    {
        lock (_gate)
        {
            try
            {
                var now = Read();
                if (now != _loaded.Texts)
                    _loaded = Load(now);
            }
            catch (SecurityFileException)
            {
                // Half renewed: the next connection looks again.
            }

            return _loaded;
        }
    }

    private Loaded Load(Texts texts)
    {
        var authority = new X509Certificate2Collection();
        Parse(AuthorityFile, () => authority.ImportFromPem(texts.Authority));
        if (authority.Count == 0)
            throw new SecurityFileException($"{Path.Combine(_folder, AuthorityFile)} has no certificate");
        if (texts.Certificate is null)
            return new Loaded(texts, authority, null);
        X509Certificate2? own = null;
        var all = new X509Certificate2Collection();
        Parse(CertificateFile, () => own = X509Certificate2.CreateFromPem(texts.Certificate, texts.Key));
        Parse(CertificateFile, () => all.ImportFromPem(texts.Certificate));
        return new Loaded(texts, authority, SslStreamCertificateContext.Create(own!, [.. all.Skip(1)], offline: true));
    }

    private Texts Read()
    {
        var hasOwn = File.Exists(Path.Combine(_folder, CertificateFile));
        return new Texts(Text(AuthorityFile), hasOwn ? Text(CertificateFile) : null, hasOwn ? Text(KeyFile) : null);
    }

    private string Text(string file)
    {
        var text = string.Empty;
        Parse(file, () => text = File.ReadAllText(Path.Combine(_folder, file)));
        return text;
    }

    private void Parse(string file, Action parse)
    {
        try
        {
            parse();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SecurityFileException($"{Path.Combine(_folder, file)} can't be used: {e.Message}", e);
        }
    }

    private sealed record Texts(string Authority, string? Certificate, string? Key);

    private sealed record Loaded(Texts Texts, X509Certificate2Collection Authority, SslStreamCertificateContext? Own);
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using DistTrain.Client;
using DistTrain.Security.Certificates;
using DistTrain.Tests.Clusters;

namespace DistTrain.Page.Tests.Clusters;

/// <summary>One cluster for all tests of its page: a server, and silos with a page each, under certificates and tokens.</summary>
public sealed class GuardedCluster : IAsyncLifetime
{
    /// <summary>The name of a submitter, and what is to become of it: text.</summary>
    public const string Hostile = "<img src=x onerror=document.title='taken'>";

    /// <summary>Tokens, and whose they are.</summary>
    public const string Carol = "the-token-of-carol", Olga = "the-token-of-olga", Mallory = "the-token-of-mallory", Process = "the-token-of-a-process";

    private readonly RunFolder _folder = new();

    internal ClusterCertificates Certificates { get; private set; } = null!;

    internal StandingCluster Cluster { get; private set; } = null!;

    internal Silo[] Silos { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Certificates = await ClusterCertificates.MakeAsync(_folder);
        await File.WriteAllTextAsync(Certificates.AccessFile, "tokens:\n"
            + Line("carol", "submitter", Carol) + Line("olga", "operator", Olga) + Line(Hostile, "submitter", Mallory) + Line("process", "worker", Process));
        (Cluster, Silos) = await StandingCluster.StartAsync(_folder, 3, certificates: Certificates, pages: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _folder.Dispose();
    }

    internal static Uri PageOf(Silo silo) => new($"https://127.0.0.1:{silo.Page}/");

    /// <summary>Somebody at a silo's page, who has the cookies that they are given and shows no certificate, or that of a folder.</summary>
    internal HttpClient At(Silo silo, string pass = "nobody", CookieContainer? cookies = null) => new(new SocketsHttpHandler
    {
        SslOptions = ClientTls.Options(CertificateFolder.OfClient(Certificates[pass])),
        CookieContainer = cookies ?? new CookieContainer(),
        AllowAutoRedirect = false,
    })
    {
        BaseAddress = PageOf(silo),
    };

    /// <summary>Submits a job with a token, and returns at once.</summary>
    /// <param name="id">The job's.</param>
    /// <param name="token">Whose it is.</param>
    /// <param name="spec">YAML of its spec.</param>
    internal async Task SubmitAsync(string id, string token, string spec)
    {
        using var client = Client(new DistTrainClientOptions { CertificateFolder = Certificates["nobody"], Token = _ => ValueTask.FromResult(token) });
        await client.SubmitAsync($"{StandingCluster.EmptyJob}spec: {spec}\n", id);
    }

    /// <summary>Ends a job, so that the next test's has room.</summary>
    internal async Task CancelAsync(string id)
    {
        using var client = Client(new DistTrainClientOptions { CertificateFolder = Certificates["operator"] });
        await client.CancelAsync(id);
    }

    /// <summary>Kills a silo; the others are those that there are.</summary>
    internal async Task KillAsync(Silo silo)
    {
        Silos = [.. Silos.Where(other => other != silo)];
        await silo.Process.KillAsync();
    }

    private DistTrainClient Client(DistTrainClientOptions options) => new($"https://{Silos[0].Endpoint}", options);

    private static string Line(string name, string role, string token) =>
        $"- {{name: \"{name}\", role: {role}, sha256: {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}}}\n";
}

[CollectionDefinition(Name)]
public sealed class GuardedClusterTests : ICollectionFixture<GuardedCluster>
{
    public const string Name = "one guarded cluster";
}

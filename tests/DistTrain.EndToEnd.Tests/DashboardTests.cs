using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistTrain.Security.Certificates;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Orleans' dashboard is for operators.</summary>
[Trait("Kind", "Process")]
public class DashboardTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Operators_see_it_others_are_refused_and_audited()
    {
        using var folder = new RunFolder();
        var certificates = await ClusterCertificates.MakeAsync(folder);
        const string Token = "an-operators-token";
        await File.WriteAllTextAsync(
            certificates.AccessFile,
            $"tokens:\n- {{name: olga, role: operator, sha256: {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token)))}}}\n");
        var port = Ports.Free();
        await using var silo = DistTrainProcess.Start(
            "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", "127.0.0.1:1", "--certs", certificates["worker"], "--access", certificates.AccessFile, "--dashboard-port", port.ToString(CultureInfo.InvariantCulture));
        var endpoint = await silo.EndpointAsync();
        var page = new Uri($"https://127.0.0.1:{port}/dashboard/");

        Assert.Equal((HttpStatusCode.Unauthorized, "show a certificate of the cluster's authority, or a token"), await GetAsync("nobody", page));
        Assert.Equal((HttpStatusCode.Forbidden, "alice has the role submitter, which may not call this"), await GetAsync("alice", page));
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync("alice", new Uri(page, "DashboardCounters"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("stranger", page)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("nobody", page, "guessed")).Status);

        var (status, text) = await GetAsync("operator", page);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("<html", text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("nobody", page, Token)).Status);
        // The dashboard counts the silos now and then: right after the start it knows of none.
        Assert.Equal(1, await Waiting.UntilAsync(HostsAsync, hosts => hosts > 0, "the dashboard to count a silo", Patience));

        // Nothing else there, and it is nowhere else.
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("operator", new Uri($"https://127.0.0.1:{port}/disttrain.v1.TrainingJobs/List"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("operator", new Uri($"https://{endpoint}/dashboard/"), version: 2)).Status);

        silo.Signal(15);
        Assert.Equal(0, await silo.ExitAsync(Patience));
        Assert.Contains("alice submitter /dashboard/ job -: status 403 alice has the role submitter, which may not call this", silo.Error, StringComparison.Ordinal);
        Assert.Contains("- - /dashboard/ job -: status 401 show a certificate of the cluster's authority, or a token", silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, silo.Error, StringComparison.Ordinal);

        async Task<int> HostsAsync()
        {
            var (counted, counters) = await GetAsync("operator", new Uri(page, "DashboardCounters"));
            Assert.Equal(HttpStatusCode.OK, counted);
            return JsonDocument.Parse(counters).RootElement.GetProperty("hosts").GetArrayLength();
        }

        async Task<(HttpStatusCode Status, string Text)> GetAsync(string name, Uri address, string? token = null, int version = 1)
        {
            using var handler = new SocketsHttpHandler { SslOptions = ClientTls.Options(CertificateFolder.OfClient(certificates[name])) };
            using var http = new HttpClient(handler) { DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            if (token is not null)
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await http.GetAsync(address);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_silo_that_asks_nobody_shows_it_to_this_machine()
    {
        using var folder = new RunFolder();
        var port = Ports.Free();
        await using var silo = DistTrainProcess.Start(
            "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", "127.0.0.1:1", "--dashboard-port", port.ToString(CultureInfo.InvariantCulture));
        await silo.EndpointAsync();
        using var http = new HttpClient();
        Assert.Contains("<html", await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/dashboard/")), StringComparison.OrdinalIgnoreCase);
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Security.Certificates;
using Grpc.Core;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Who may not come in is told why, the audit log has it, and the cluster goes on.</summary>
[Trait("Kind", "Process")]
public class SecurityTests(StandingClusters clusters)
{
    private static readonly string[] _settings = ["model.name=mlp", "workers=2", "batch=64", "dataset.trainExamples=1000", "dataset.testExamples=100"];

    [Fact]
    public async Task A_cluster_under_mutual_TLS_trains_to_the_same_bits_and_refuses_everybody_else()
    {
        using var folder = new RunFolder();
        var certificates = await ClusterCertificates.MakeAsync(folder);
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 2, servers: 2, certificates: certificates);
        await using var ending = cluster;
        var endpoint = silos[0].Endpoint;

        // What has to be waited for comes first, while nothing trains: each step is done a second time to compare.
        await RefusedAsync(certificates, silos[0].Endpoint, cluster.Servers[0]);
        await LimitsAsync();

        var watch = await cluster.SubmitAsync(silos[0], "secure", _settings);
        await watch.StepAsync(10);
        await Refused("list", "show a certificate of the cluster's authority, or a token", "--certs", certificates["nobody"]);
        await Refused("list", "comes from another authority", "--certs", certificates["stranger"]);
        await Refused("list", "has expired", "--certs", certificates["expired"]);
        await Refused("list", "worker, which may not call this", "--certs", certificates["worker"]);
        await File.WriteAllTextAsync(folder["bad-token"], "guessed");
        await Refused("list", "the token is not known", "--certs", certificates["nobody"], "--token-file", folder["bad-token"]);
        await Refused("cancel secure", "is not alice's", "--certs", certificates["alice"]);
        await Refused($"download secure --out {folder["none"]}", "is not carol's", "--certs", certificates["nobody"], "--token-file", certificates.TokenFile);
        // A client does not take just any server either.
        await Refused("list", "its certificate comes from another authority", "--certs", certificates["other"]);
        await Refused("list", "does not speak gRPC");

        // It has gone on all the while.
        await watch.GoesOnAsync();
        await clusters.CheckAsync(folder, cluster, silos[0], "secure", watch, _settings);
        await cluster.StopAsync();
        Audited("operator operator /disttrain.v1.TrainingJobs/Submit job secure: status 0");
        Audited("alice submitter /disttrain.v1.TrainingJobs/Cancel job secure: status 7 job 'secure' is not alice's");
        Audited("- - /disttrain.v1.TrainingJobs/List job -: status 16 the certificate comes from another authority");
        Audited("alice submitter /disttrain.v1.JobPartitions/Release job -: status 7 alice has the role submitter, which may not call this");
        Audited("alice submitter /disttrain.v1.TrainingJobs/Submit job -: status 8 Received message exceeds the maximum configured message size");
        Audited("alice submitter /disttrain.v1.TrainingJobs/Submit job -: status 3 ");
        Audited("alice submitter /disttrain.v1.TrainingJobs/Cancel job -: status 3 ");
        Audited("alice submitter /disttrain.v1.TrainingJobs/Download job -: status 3 ");
        Audited("worker worker /disttrain.v1.JobPartitions/ListCheckpoints job -: status 3 ");
        Audited("worker worker /disttrain.v1.MomentExchange/Exchange job -: status 4 ");
        Audited("alice submitter /disttrain.v1.TrainingJobs/List job -: status 4 ");
        Audited("bob submitter /disttrain.v1.TrainingJobs/Submit job above: status 8 ");
        Assert.DoesNotContain(await File.ReadAllTextAsync(certificates.TokenFile), cluster.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("guessed", cluster.Logs, StringComparison.Ordinal);

        void Audited(string line)
        {
            var lines = cluster.Logs.Split('\n').Where(l => l.Contains("/disttrain.v1.", StringComparison.Ordinal)).Distinct();
            Assert.True(cluster.Logs.Contains(line, StringComparison.Ordinal), $"no line '{line}' in\n{string.Join('\n', lines)}");
        }

        async Task Refused(string command, string reason, params string[] pass)
        {
            var refused = await DistTrainProcess.RunAsync([.. command.Split(' '), "--endpoint", endpoint, .. pass]);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(reason, refused.Error, StringComparison.Ordinal);
        }

        async Task LimitsAsync()
        {
            var job = folder["job.yaml"];
            await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
            var all = await SubmitAsync("above", "bob", "steps=300000", "model.name=mlp");
            Assert.Equal(2, all.ExitCode);
            Assert.Contains("300000 steps would be more than the limit of 200000", all.Error, StringComparison.Ordinal);
            Assert.Matches("[0-9]+ parameters would be more than the limit of 10000", all.Error);
            Assert.Matches("[0-9]+ bytes of memory at the servers would be more than the limit of 500000", all.Error);
            var ranks = await SubmitAsync("above", "bob", "steps=5", "workers=8", "model.name=softmax");
            Assert.Contains("8 ranks of your unfinished jobs, this one's included would be more than the limit of 4", ranks.Error, StringComparison.Ordinal);
            Assert.Equal(0, (await SubmitAsync("bobs", "bob", "steps=100000", "workers=1", "model.name=softmax")).ExitCode);
            var second = await SubmitAsync("bobs-second", "bob", "steps=5", "model.name=softmax");
            Assert.Equal(2, second.ExitCode);
            Assert.Contains("2 unfinished jobs of yours, this one included would be more than the limit of 1", second.Error, StringComparison.Ordinal);
            var seen = await DistTrainProcess.RunAsync("list", "--endpoint", endpoint, "--certs", certificates["bob"], "--output", "json");
            Assert.Equal(["bobs"], seen.Events.Select(e => e.GetProperty("job").GetString()));
            Assert.Equal(0, (await DistTrainProcess.RunAsync("cancel", "bobs", "--endpoint", endpoint, "--certs", certificates["bob"])).ExitCode);

            Task<Finished> SubmitAsync(string id, string name, params string[] settings) => DistTrainProcess.RunAsync(
                ["submit", job, "--endpoint", endpoint, "--id", id, "--certs", certificates[name], .. Training.Set(settings)]);
        }
    }

    [Fact]
    public async Task Tokens_of_an_identity_provider_are_taken_when_all_of_them_is_right()
    {
        using var folder = new RunFolder();
        var certificates = await ClusterCertificates.MakeAsync(folder);
        await using var provider = await IdentityProvider.StartAsync(certificates["worker"]);
        await using var stranger = await IdentityProvider.StartAsync(certificates["worker"]);
        await File.WriteAllTextAsync(certificates.AccessFile, $"jwt: {{authority: \"{provider.Address}\", audience: disttrain}}\n");
        // Where a provider has a certificate of a public authority, nothing has to be said of it.
        await using var silo = DistTrainProcess.StartWith(
            new Dictionary<string, string> { ["SSL_CERT_FILE"] = certificates["nobody/ca.crt"] },
            ["worker", "--port", "0", "--cluster", folder["cluster"], "--servers", "127.0.0.1:1", "--certs", certificates["worker"], "--access", certificates.AccessFile]);
        var endpoint = await silo.EndpointAsync();

        Assert.Equal(0, (await ListAsync(provider.Token("dora", "submitter", "disttrain"))).ExitCode);
        await Refused(provider.Token("dora", "submitter", "something-else"), "audience");
        await Refused(provider.Token("dora", "submitter", "disttrain", TimeSpan.FromHours(-1)), "expired");
        await Refused(provider.Token("dora", "boss", "disttrain"), "its claim 'roles' has to be one of");
        await Refused(stranger.Token("dora", "submitter", "disttrain"), "not good as a JWT");
        Assert.Contains("dora submitter /disttrain.v1.TrainingJobs/List", silo.Error, StringComparison.Ordinal);

        async Task<Finished> ListAsync(string token)
        {
            await File.WriteAllTextAsync(folder["jwt"], token);
            return await DistTrainProcess.RunAsync("list", "--endpoint", endpoint, "--certs", certificates["nobody"], "--token-file", folder["jwt"]);
        }

        async Task Refused(string token, string reason)
        {
            var refused = await ListAsync(token);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(reason, refused.Error, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>What no client of ours would send.</summary>
    private static async Task RefusedAsync(ClusterCertificates certificates, string silo, string server)
    {
        var alice = CertificateFolder.OfClient(certificates["alice"]);
        using var atSilo = new PeerChannels(alice).Connect(silo);
        using var atServer = new PeerChannels(alice).Connect(server);
        var jobs = new TrainingJobs.TrainingJobsClient(atSilo);
        await Throws(StatusCode.ResourceExhausted, () => jobs.SubmitAsync(new SubmitRequest { JobFile = new string('#', 15 << 20) }).ResponseAsync);
        await Throws(StatusCode.InvalidArgument, () => jobs.SubmitAsync(new SubmitRequest { JobFile = StandingCluster.EmptyJob, JobId = "../../etc/cron.d/job" }).ResponseAsync);
        await Throws(StatusCode.InvalidArgument, () => jobs.CancelAsync(new CancelRequest { JobId = ".." }).ResponseAsync);
        await Throws(StatusCode.InvalidArgument, () => jobs.Download(new DownloadRequest { JobId = "../jobs" }).ResponseStream.MoveNext(CancellationToken.None));
        await Throws(StatusCode.PermissionDenied, () => new JobPartitions.JobPartitionsClient(atServer).ReleaseAsync(new PartitionRequest { JobId = "secure" }).ResponseAsync);
        await Throws(StatusCode.PermissionDenied, () => new MomentExchange.MomentExchangeClient(atServer).Exchange().ResponseStream.MoveNext(CancellationToken.None));

        var worker = CertificateFolder.OfRole(certificates["worker"]);
        using var asWorker = new PeerChannels(worker).Connect(server);
        await Throws(StatusCode.InvalidArgument, () => new JobPartitions.JobPartitionsClient(asWorker).ListCheckpointsAsync(new PartitionRequest { JobId = "../.." }).ResponseAsync);
        // A stream on which nothing comes.
        await Throws(StatusCode.DeadlineExceeded, () => new MomentExchange.MomentExchangeClient(asWorker).Exchange().ResponseStream.MoveNext(CancellationToken.None));
        await SlowAsync(alice, silo);
    }

    private static async Task Throws(StatusCode status, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.True(refused.StatusCode == status, refused.ToString());
    }

    /// <summary>A request that comes a byte at a time does not hold the front door.</summary>
    private static async Task SlowAsync(CertificateFolder pass, string silo)
    {
        using var handler = new SocketsHttpHandler { SslOptions = ClientTls.Options(pass) };
        using var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{silo}/disttrain.v1.TrainingJobs/List") { Content = new TrickledContent() };
        request.Version = HttpVersion.Version20;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
        var status = answer.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer.Single() : answer.Headers.GetValues("grpc-status").Single();
        Assert.Equal(StatusCode.DeadlineExceeded, (StatusCode)int.Parse(status, CultureInfo.InvariantCulture));
    }

    private sealed class TrickledContent : HttpContent
    {
        public TrickledContent() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // An uncompressed message of a million bytes, they say.
            await stream.WriteAsync(new byte[] { 0, 0, 15, 66, 64 });
            // Its pace, which is the point.
            while (true)
            {
                await stream.WriteAsync(new byte[1]);
                await stream.FlushAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

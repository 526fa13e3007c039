using System.Net;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Observability.Tests;

/// <summary>A process as the roles set theirs up, in this one: a port for its own calls, by HTTP/2, and both for those who look after it.</summary>
internal sealed class ProbedApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new();

    private ProbedApp(IReadOnlyList<int> ports)
    {
        (OwnPort, Probes) = (ports[0], new ProbePorts(Http: ports[1], Health: ports[2]));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, OwnPort, listen => listen.Protocols = HttpProtocols.Http2);
            Observability.Probes.Listen(kestrel, IPAddress.Loopback, Probes);
        });
        builder.Services.AddGrpc();
        builder.Services.AddObservability("disttrain-test", _ => IsLeaving);
        _app = builder.Build();
        _app.UseProbes(Probes);
        _app.MapProbes();
        _app.MapGet("/own", () => Results.Ok());
    }

    public int OwnPort { get; }

    public ProbePorts Probes { get; }

    /// <summary>The process has been asked to leave.</summary>
    public bool IsLeaving { get; set; }

    public static async Task<ProbedApp> StartAsync()
    {
        var app = new ProbedApp(Ports.Free(3));
        await app._app.StartAsync();
        return app;
    }

    /// <summary>Asks by the port's own version of HTTP.</summary>
    public async Task<HttpStatusCode> GetAsync(int port, string path)
    {
        using var answer = await AskAsync(port, path);
        return answer.StatusCode;
    }

    /// <summary>What Prometheus gets.</summary>
    public async Task<string> MetricsAsync()
    {
        using var answer = await AskAsync(Probes.Http!.Value, "/metrics");
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    /// <summary>Asks grpc.health.v1.</summary>
    public static async Task<HealthCheckResponse.Types.ServingStatus> HealthAsync(int port)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        return (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    private Task<HttpResponseMessage> AskAsync(int port, string path) => _http.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{port}{path}"))
    {
        Version = port == Probes.Http ? HttpVersion.Version11 : HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    });
}

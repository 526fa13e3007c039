using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DistTrain.Observability;

/// <summary>The ports of <see cref="ProbePorts"/>, and grpc.health.v1 where the process takes its calls.</summary>
public static class Probes
{
    private const string Live = "/livez";
    private const string Ready = "/readyz";
    private const string Metrics = "/metrics";
    private const string Health = "/grpc.health.v1.Health";

    /// <summary>Binds them; behind the port of the process's own calls.</summary>
    public static void Listen(KestrelServerOptions kestrel, IPAddress address, ProbePorts ports)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.Http is { } http)
            kestrel.Listen(address, http, listen => listen.Protocols = HttpProtocols.Http1);
        if (ports.Health is { } health)
            kestrel.Listen(address, health, listen => listen.Protocols = HttpProtocols.Http2);
    }

    /// <summary>Whatever comes by the wrong port is not there; the rest of the process sees only its own calls. First of all that is used.</summary>
    public static void UseProbes(this WebApplication app, ProbePorts ports)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use((context, next) =>
        {
            if (IsFor(context.Request.Path, context.Connection.LocalPort, ports))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    /// <summary>What they answer.</summary>
    public static void MapProbes(this WebApplication app)
    {
        // Alive is who answers: a process that is cut off from others does not get better by a restart.
        app.MapHealthChecks(Live, new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks(Ready).AllowAnonymous();
        app.MapPrometheusScrapingEndpoint(Metrics).AllowAnonymous();
        app.MapGrpcHealthChecksService().AllowAnonymous();
    }

    private static bool IsFor(PathString path, int port, ProbePorts ports)
    {
        var isHttp = path.StartsWithSegments(Live, StringComparison.Ordinal) || path.StartsWithSegments(Ready, StringComparison.Ordinal) || path.StartsWithSegments(Metrics, StringComparison.Ordinal);
        if (port == ports.Http)
            return isHttp;
        return port == ports.Health ? path.StartsWithSegments(Health, StringComparison.Ordinal) : !isHttp;
    }
}

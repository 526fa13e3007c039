using System.Net;
using DistTrain.Security;
using DistTrain.Security.Callers;
using DistTrain.Worker.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Dashboard;

namespace DistTrain.Worker.Hosting;

/// <summary>
/// Orleans' own dashboard: which grains live on which silo, how often they are called, how long that takes. On a port of its own, under the
/// certificates of the cluster, for operators; where the silo asks nobody who they are, for whoever reaches it.
/// </summary>
internal static class Dashboard
{
    private const string Prefix = "/dashboard";

    public static void Listen(KestrelServerOptions kestrel, IPAddress address, SiloOptions options)
    {
        if (options.DashboardPort is not { } port)
            return;
        kestrel.Listen(address, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (options.Admission.Certificates is { } certificates)
                listen.UseTls(certificates);
        });
    }

    public static void Add(ISiloBuilder silo, SiloOptions options)
    {
        if (options.DashboardPort is not null)
            // Not the log: what is in it is for those who may read the machine's.
            silo.AddDashboard(dashboard => dashboard.HideTrace = true);
    }

    /// <summary>Its port has nothing else, and it is on no other.</summary>
    public static void UseDashboard(this WebApplication app, SiloOptions options) => app.Use((context, next) =>
    {
        if ((context.Connection.LocalPort == options.DashboardPort) == context.Request.Path.StartsWithSegments(Prefix, StringComparison.Ordinal))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    public static void MapDashboard(this WebApplication app, SiloOptions options)
    {
        if (options.DashboardPort is not null)
            app.MapOrleansDashboard(Prefix).For(options.Admission, CallerRoles.Operator);
    }
}

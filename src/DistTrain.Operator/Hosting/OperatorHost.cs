using System.Net;
using DistTrain.Observability;
using DistTrain.Operator.Api;
using DistTrain.Operator.Reconciling;
using DistTrain.Operator.Resources;
using DistTrain.Protocol.Transport;
using k8s;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Hosting;

/// <summary>The operator process.</summary>
public static class OperatorHost
{
    /// <summary>Runs until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="options">How the process is set up.</param>
    /// <param name="watching">Called once, when all objects have been seen.</param>
    /// <param name="stop">Ends the process; jobs go on.</param>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task RunAsync(OperatorOptions options, Action watching, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.AddLogs(options.JsonLogs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        var address = IPAddress.Parse(options.Host);
        builder.WebHost.ConfigureKestrel(kestrel => Probes.Listen(kestrel, address, options.Probes));
        if (options.Probes is { Http: null, Health: null })
            builder.Services.AddSingleton<IServer, NoServer>();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        using var wait = new StartLog(options.JsonLogs).Waits.Begin($"the API server at {options.Kubernetes.Host} to list all objects of {string.Join(" and ", ResourceKind.All.Select(kind => kind.FullName))}");
        builder.Services.AddSingleton(new OperatorReadiness(() =>
        {
            wait.Dispose();
            watching();
        }));
        builder.Services.AddSingleton<IKubernetes>(new Kubernetes(options.Kubernetes));
        builder.Services.AddSingleton(new ClusterJobs(options.Door, TimeProvider.System));
        builder.Services.AddSingleton<ObjectEvents>();
        foreach (var kind in ResourceKind.All)
            builder.Services.AddSingleton<IHostedService>(services => ReconcilerOf(kind, services));
        builder.Services.AddGrpc();
        builder.Services.AddObservability("disttrain-operator", _ => false);

        await using var app = builder.Build();
        app.UseProbes(options.Probes);
        app.MapProbes();
        await app.StartAsync(address, [options.Probes.Http, options.Probes.Health], stop);
        try
        {
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException)
        {
            // The wanted end.
        }

        await app.StopAsync(CancellationToken.None);
    }

    private static Reconciler ReconcilerOf(ResourceKind kind, IServiceProvider services)
    {
        var api = ActivatorUtilities.CreateInstance<ResourceApi>(services, kind);
        return ActivatorUtilities.CreateInstance<Reconciler>(services, api, ActivatorUtilities.CreateInstance<ResourceWatch>(services, api));
    }
}

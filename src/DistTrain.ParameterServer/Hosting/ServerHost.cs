using System.Net;
using DistTrain.Observability;
using DistTrain.ParameterServer.Partitions;
using DistTrain.ParameterServer.Services;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using DistTrain.Security;
using DistTrain.Security.Callers;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.ParameterServer.Hosting;

/// <summary>The parameter server process.</summary>
public static partial class ServerHost
{
    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="options">How the process is set up.</param>
    /// <param name="listening">Called once with the bound endpoint, host:port.</param>
    /// <param name="stop">Ends the process gracefully.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task RunAsync(ServerOptions options, Action<string> listening, CancellationToken stop)
    {
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.AddLogs(options.JsonLogs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        var address = IPAddress.Parse(options.Host);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            GrpcTransport.Tune(kestrel, address, options.Port, options.Admission.Certificates);
            Probes.Listen(kestrel, address, options.Probes);
        });
        builder.Services.AddLargeBlocks();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddCallers(options.Admission);
        var memory = new MemorySharing(options.SharesMemory);
        builder.Services.AddSingleton(new PeerChannels(options.Admission.Certificates, "server", memory));
        builder.Services.AddSingleton<PartitionStore>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = GrpcTransport.MaxMessageBytes;
            grpc.MaxSendMessageSize = GrpcTransport.MaxMessageBytes;
            grpc.Interceptors.Add<VersionInterceptor>();
        });
        builder.Services.AddObservability("disttrain-server", services => services.GetRequiredService<PartitionStore>().IsLeaving);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<ParameterExchangeService>, ExchangeMethodProvider>());

        await using var app = builder.Build();
        memory.Refused = app.Logger.NotShared;
        app.UseProbes(options.Probes);
        app.UseCallers();
        app.MapGrpcService<ParameterExchangeService>().For(options.Admission, CallerRoles.Worker);
        app.MapGrpcService<JobPartitionsService>().For(options.Admission, CallerRoles.Worker);
        app.MapGrpcService<NormExchangeService>().For(options.Admission, CallerRoles.Worker);
        app.MapGrpcService<MomentExchangeService>().For(options.Admission, CallerRoles.Worker);
        app.MapProbes();
        await app.StartAsync(address, [options.Port, options.Probes.Http, options.Probes.Health], stop);
        listening(GrpcTransport.BoundEndpoint(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()));
        try
        {
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException)
        {
            // The wanted end.
        }

        var partitions = app.Services.GetRequiredService<PartitionStore>();
        app.Logger.Leaving(partitions.All.Count(), options.StopPatience.TotalSeconds);
        await partitions.LeaveAsync();
        await app.StopAsync(CancellationToken.None);
    }

    [LoggerMessage(2011, LogLevel.Information, "No memory is shared for {What} ({Reason}): messages carry them")]
    private static partial void NotShared(this ILogger logger, string what, string reason);

    [LoggerMessage(2010, LogLevel.Information, "Asked to end: stops {Jobs} job(s) at a step's end and saves them, within {Seconds} s")]
    private static partial void Leaving(this ILogger logger, int jobs, double seconds);
}

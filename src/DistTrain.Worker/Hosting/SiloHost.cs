using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DistTrain.Observability;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using DistTrain.Security;
using DistTrain.Security.Callers;
using DistTrain.Torch.Devices;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Jobs.Queue;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using DistTrain.Worker.Viewing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Hosting;

/// <summary>The worker silo process.</summary>
public static partial class SiloHost
{
    /// <summary>For handing over and for calls that are under way; a child of <c>train</c> has eight seconds.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(6);

    /// <summary>When it ends whatever is left.</summary>
    private static readonly TimeSpan EndLimit = StopLimit + TimeSpan.FromSeconds(1);

    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="options">How the process is set up.</param>
    /// <param name="listening">Called once with the endpoint of the gRPC front door, host:port.</param>
    /// <param name="stop">Ends the process gracefully.</param>
    /// <exception cref="DeviceLostException">A device of its is gone; it has left in order.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="ClusterStoreException">The cluster's store can't be used.</exception>
    /// <exception cref="WireVersionException">The cluster has silos of another wire version.</exception>
    public static async Task RunAsync(SiloOptions options, Action<string> listening, CancellationToken stop)
    {
        var waits = new StartLog(options.JsonLogs).Waits;
        await using var cluster = await options.Cluster.OpenAsync(waits, stop);
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.AddLogs(options.JsonLogs);
        var isUp = false;
        ISiloStatusOracle? silosAtEnd = null;
        builder.Logging.AddFilter("Microsoft", Tells).AddFilter("Grpc", Tells).AddFilter("Orleans", TellsOfOthers).AddFilter("Polly", TellsOfOthers);
        var address = IPAddress.Parse(options.Host);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            GrpcTransport.Tune(kestrel, address, options.Port, options.Admission.Certificates);
            Probes.Listen(kestrel, address, options.Probes);
            Dashboard.Listen(kestrel, address, options);
        });
        builder.Services.AddLargeBlocks();
        builder.Services.Configure<HostOptions>(host =>
        {
            // Ranks do not wait for a client's download.
            host.ServicesStopConcurrently = true;
            host.ShutdownTimeout = StopLimit;
        });
        builder.Services.AddSingleton<IFatalErrorHandler, FatalEnd>();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new JobClock(TimeProvider.System));
        builder.Services.AddCallers(options.Admission);
        var memory = new MemorySharing(options.SharesMemory);
        builder.Services.AddSingleton(new PeerChannels(options.Admission.Certificates, "silo", memory));
        builder.Services.AddSingleton<DatasetCache>();
        builder.Services.AddSingleton<JobFollower>();
        builder.Services.AddSingleton<JobAccess>();
        builder.Services.AddSingleton<JobFiles>();
        builder.Services.AddSingleton<SiloServers>();
        builder.Services.AddSingleton<ProbeResolution>();
        builder.Services.AddSingleton<StartCheck>();
        builder.Services.AddSingleton<MicroBatchResolution>();
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<UnavailableInterceptor>());
        if (options.Reflection)
            Reflection.Add(builder.Services);
        builder.Services.AddObservability("disttrain-silo", _ => false);
        builder.Host.UseOrleans(silo =>
        {
            cluster.Use(silo);
            Dashboard.Add(silo, options);
            if (options.Admission.Certificates is { } certificates)
                silo.UseTls(certificates);
            silo.Configure<Orleans.Configuration.EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = options.Advertised is { } advertised ? IPAddress.Parse(advertised) : address;
                endpoint.SiloPort = options.SiloPort > 0 ? options.SiloPort : FreePort(address);
                endpoint.SiloListeningEndpoint = new IPEndPoint(address, endpoint.SiloPort);
                // Clients come in by gRPC; Orleans' own gateway stays closed.
                endpoint.GatewayPort = 0;
            });
            // At the end of a silo, for its last answers to leave.
            silo.Configure<Orleans.Configuration.SiloMessagingOptions>(messaging => messaging.WaitForMessageToBeQueuedForOutboundTime = TimeSpan.FromMilliseconds(200));
        });
        // Behind the silo's own start: the pulse calls grains.
        builder.Services.AddHostedService<ClusterPulse>();

        await using var app = builder.Build();
        memory.Refused = app.Logger.NotShared;
        await using var said = stop.Register(() => app.Logger.Leaving(EndLimit.TotalSeconds));
        await JoinCheck.PassAsync(app.Services.GetRequiredService<IMembershipTable>(), waits, TimeProvider.System, stop);
        app.UseProbes(options.Probes);
        app.UseDashboard(options);
        app.UseCallers();
        TimedBody.Use(app, TimeProvider.System);
        app.MapGrpcService<TrainingJobsService>().For(options.Admission, CallerRoles.Submitter, CallerRoles.Operator).Audited();
        if (options.Reflection)
            Reflection.Map(app, options.Admission);
        app.MapProbes();
        app.MapDashboard(options);
        await waits.DuringAsync("the silos of its cluster to let it join", app.StartAsync(address, [options.Port, options.Probes.Http, options.Probes.Health, options.DashboardPort], stop));
        await waits.DuringAsync("the parameter servers to listen", options.Servers.WaitAsync(stop));
        await using var page = options.PagePort is null ? null : await SiloPage.StartAsync(options, app.Services, stop);
        isUp = true;
        listening(GrpcTransport.BoundEndpoint(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()));
        try
        {
            app.Logger.DeviceLost(await options.Devices.Lost.WaitAsync(stop), EndLimit.TotalSeconds);
        }
        catch (OperationCanceledException)
        {
            // The wanted end.
        }

        // Those who look are to look elsewhere.
        if (page is not null)
            await page.DisposeAsync();
        silosAtEnd = app.Services.GetRequiredService<ISiloStatusOracle>();
        await StopAsync(app);
        if (!stop.IsCancellationRequested)
            throw new DeviceLostException($"this silo can't go on and ends: {await options.Devices.Lost}");

        // A start that is broken off is no failure of its parts, though each of them says so.
        bool Tells(LogLevel level) => level >= LogLevel.Warning && (isUp || !stop.IsCancellationRequested);

        // Nor is it one that the last silo finds nobody who takes its grains, which Orleans says for each call that waits.
        bool TellsOfOthers(LogLevel level) => Tells(level) && silosAtEnd?.HasOthers() != false;
    }

    /// <summary>Orleans tells the others that this silo leaves, then its ranks and jobs go to them; meanwhile watchers are sent elsewhere.</summary>
    private static async Task StopAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync(CancellationToken.None).WaitAsync(EndLimit);
        }
        catch (Exception e) when (e is OperationCanceledException or AggregateException)
        {
            app.Logger.NotHandedOver(StopLimit.TotalSeconds, e.Message);
        }
        catch (TimeoutException)
        {
            // Orleans tells its membership again and again, past every limit, where that is kept by a Redis that is away. The others find out by themselves.
            await Console.Error.WriteLineAsync($"this silo has not left in order within {EndLimit.TotalSeconds:0} s, and ends");
            Environment.Exit(0);
        }
    }

    /// <summary>
    /// A free port below those that systems give to outgoing connections: one of these may be taken again before Orleans binds it.
    /// </summary>
    /// <exception cref="SocketException">None of a hundred tried is free.</exception>
    private static int FreePort(IPAddress address)
    {
        for (var tried = 1; ; tried++)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_768);
            try
            {
                using var probe = new TcpListener(address, port);
                probe.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && tried < 100)
            {
                // The next one.
            }
        }
    }

    [LoggerMessage(5003, LogLevel.Information, "No memory is shared for {What} ({Reason}): messages carry them")]
    private static partial void NotShared(this ILogger logger, string what, string reason);

    [LoggerMessage(5004, LogLevel.Error, "{Why}: hands its ranks and jobs to other silos, within {Seconds} s, and ends")]
    private static partial void DeviceLost(this ILogger logger, string why, double seconds);

    [LoggerMessage(5002, LogLevel.Information, "Asked to end: hands its ranks and jobs to other silos, within {Seconds} s")]
    private static partial void Leaving(this ILogger logger, double seconds);

    [LoggerMessage(5001, LogLevel.Warning, "Not everything was handed over within {Seconds} s: {Detail}")]
    private static partial void NotHandedOver(this ILogger logger, double seconds, string detail);
}

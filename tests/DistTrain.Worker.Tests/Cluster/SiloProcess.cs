using System.Net;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>A silo of a cluster in one SQLite file, in this process or in a child of its own.</summary>
internal static class SiloProcess
{
    public const string Role = "silo";

    /// <summary>A child's part: name, file; writes a line when it serves, and stops gracefully when its input ends.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        using var errors = new ErrorLog();
        using var host = await StartAsync(arguments[0], arguments[1], errors);
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        await host.StopAsync();
    }

    /// <summary>A started silo on free ports of the loopback interface; without a gateway, as nobody but silos speaks Orleans here.</summary>
    public static async Task<IHost> StartAsync(string name, string database, ILoggerProvider log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(log);
        builder.UseOrleans(silo => silo
            .UseSqliteCluster(database)
            .Configure<Orleans.Configuration.SiloOptions>(options => options.SiloName = name)
            .Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = IPAddress.Loopback;
                options.SiloPort = Ports.Free();
                options.GatewayPort = 0;
            }));
        var host = builder.Build();
        try
        {
            await host.StartAsync().For("the start of a silo");
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Stops a silo as SIGTERM does.</summary>
    public static async Task StopAsync(IHost host)
    {
        await host.StopAsync().For("the stop of a silo");
        host.Dispose();
    }

    public static IPlacedGrain Grain(this IHost host, RankKey rank) =>
        host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPlacedGrain>(rank.ToString());
}

using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using DistTrain.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Deployment.Tests;

/// <summary>The names under which Prometheus sees what the program counts: asked of the program's own exporter, each instrument having counted once.</summary>
internal static class ExposedMetrics
{
    public static async Task<HashSet<string>> ReadAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddGrpc();
        builder.Services.AddObservability("disttrain-test", _ => false);
        await using var app = builder.Build();
        app.MapProbes();
        await app.StartAsync();
        foreach (var field in typeof(TrainingMeter).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => !f.IsLiteral))
            Count(field.GetValue(null)!);
        // .NET tells of the last collection.
        GC.Collect();
        using var http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()) };
        var text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        return [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0])];
    }

    private static void Count(object instrument)
    {
        switch (instrument)
        {
            case Counter<long> counter:
                counter.Add(1);
                break;
            case UpDownCounter<long> counter:
                counter.Add(1);
                break;
            case Histogram<double> histogram:
                histogram.Record(1);
                break;
            case Gauge<double> gauge:
                gauge.Record(1);
                break;
            case Gauge<long> gauge:
                gauge.Record(1);
                break;
            default:
                throw new NotSupportedException($"{instrument.GetType()}: count it here too");
        }
    }
}

using System.Collections;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// The web application of a role. Its command line sets it up, and nothing that lies around it: the framework's own builders read settings files of the
/// folder that somebody happens to stand in, and every variable of the environment, among them some that open ports; and they watch those files.
/// </summary>
public static class RoleApplication
{
    /// <summary>OpenTelemetry reads its variables through the configuration.</summary>
    private const string Telemetry = "OTEL_";

    /// <summary>A builder with Kestrel and routing, that ends when its caller stops it.</summary>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => new KeyValuePair<string, string?>((string)variable.Key, (string?)variable.Value))
            .Where(variable => variable.Key.StartsWith(Telemetry, StringComparison.Ordinal)));
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        // Signals are the caller's.
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        return builder;
    }

    /// <summary>Starts, and looks where it listens: only where it was allowed to.</summary>
    /// <param name="app">The application.</param>
    /// <param name="host">The address.</param>
    /// <param name="ports">The ports; 0 stands for one of the system's choice, null for none.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="InvalidOperationException">It listens elsewhere too; it is stopped.</exception>
    public static async Task StartAsync(this WebApplication app, IPAddress host, IEnumerable<int?> ports, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(app);
        await app.StartAsync(stop);
        if (app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>() is not { } bound
            || NotAllowed(bound.Addresses, host, [.. ports.OfType<int>()]) is not { Count: > 0 } open)
            return;
        await app.StopAsync(CancellationToken.None);
        throw new InvalidOperationException($"this process was to listen at {host} only where it was told to, and listened at {string.Join(", ", open)}");
    }

    /// <summary>Addresses that nobody asked for.</summary>
    internal static IReadOnlyList<string> NotAllowed(IEnumerable<string> addresses, IPAddress host, IReadOnlyList<int> ports)
    {
        List<int> left = [.. ports];
        // Given ports first: what is left over may be the system's choice.
        return [.. addresses.OrderBy(address => ports.Contains(new Uri(address).Port) ? 0 : 1).Where(address => !IsAllowed(new Uri(address)))];

        bool IsAllowed(Uri address) => IPAddress.TryParse(address.Host, out var at) && at.Equals(host) && (left.Remove(address.Port) || left.Remove(0));
    }
}

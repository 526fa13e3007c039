using System.Net;
using DistTrain.Protocol.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Page.Serving;

/// <summary>
/// Serves a page on the loopback address: its files, its data, and news of a run that lasts. It takes nothing and changes nothing, and answers only those
/// that ask for it by a loopback name.
/// </summary>
public sealed class PageHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly PageStore _store;
    private readonly NewsStreams _news;
    private readonly CancellationTokenSource _ending = new();

    private PageHost(WebApplication app, PageStore store, TimeProvider clock) => (_app, _store, _news) = (app, store, new NewsStreams(clock));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Starts one.</summary>
    /// <param name="store">What it shows.</param>
    /// <param name="port">0: a free one.</param>
    /// <param name="clock">Measures pauses.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<PageHost> StartAsync(PageStore store, int port, TimeProvider clock, CancellationToken stop)
    {
        var builder = RoleApplication.CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1));
        var host = new PageHost(builder.Build(), store, clock);
        host.Map();
        await host._app.StartAsync(IPAddress.Loopback, [port], stop);
        host.Address = new Uri(host._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _app.DisposeAsync();
        _ending.Dispose();
    }

    private void Map()
    {
        _app.Use((context, next) =>
        {
            PageFront.Guard(context.Response);
            return PageFront.IsLoopback(context.Request) ? next(context) : PageFront.MisdirectedAsync(context);
        });
        _app.UseRouting();
        _app.MapPageFiles(_ => { });
        _app.MapGet("/data", context => PageFront.JsonAsync(context, _store.Document()));
        _app.MapGet("/news", context => _news.ServeAsync(context, _store, _ending.Token));
    }
}

using System.Net;
using DistTrain.Page.Data;
using DistTrain.Page.Files;
using DistTrain.Protocol.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Page.Serving;

/// <summary>
/// Serves a page on the loopback address: its files, its data, and news of a run that lasts. It takes nothing and changes nothing, and answers only those
/// that ask for it by a loopback name: another page in the same browser can't read it, also by a name of its own that leads here.
/// </summary>
public sealed class PageHost : IAsyncDisposable
{
    /// <summary>More streams of news than this are refused.</summary>
    public const int MostViewers = 200;

    /// <summary>From one piece of news to the next; between signs of life.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500), Quiet = TimeSpan.FromSeconds(15);

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> _types = new(StringComparer.Ordinal) { [".html"] = "text/html", [".css"] = "text/css", [".js"] = "text/javascript" };

    private readonly WebApplication _app;
    private readonly PageStore _store;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ending = new();
    private int _viewers;

    private PageHost(WebApplication app, PageStore store, TimeProvider clock) => (_app, _store, _clock) = (app, store, clock);

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
        _app.Use(GuardAsync);
        _app.UseRouting();
        _app.MapGet("/", context => FileAsync(context, PageFile.Document));
        foreach (var file in (string[])[PageFile.Style, PageFile.Charts, .. PageFile.Modules])
            _app.MapGet($"/{file}", context => FileAsync(context, file));
        _app.MapGet("/data", context => BytesAsync(context, "application/json", _store.Document()));
        _app.MapGet("/news", NewsAsync);
    }

    private static Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        if (context.Request.Host.Host is "127.0.0.1" or "localhost")
            return next(context);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This page is asked for as 127.0.0.1 or localhost.\n");
    }

    private static Task FileAsync(HttpContext context, string file) => BytesAsync(context, $"{_types[Path.GetExtension(file)]}; charset=utf-8", PageFile.Read(file));

    private static Task BytesAsync(HttpContext context, string type, byte[] bytes)
    {
        (context.Response.ContentType, context.Response.ContentLength) = (type, bytes.Length);
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private async Task NewsAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _viewers) > MostViewers)
        {
            Interlocked.Decrement(ref _viewers);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync($"{MostViewers} pages are open already.\n");
            return;
        }

        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _ending.Token);
            context.Response.ContentType = "text/event-stream";
            await TellAsync(context, long.TryParse(context.Request.Query["edition"], out var edition) ? edition : 0, ends.Token);
        }
        catch (OperationCanceledException)
        {
            // The viewer is gone, or the page ends.
        }
        finally
        {
            Interlocked.Decrement(ref _viewers);
        }
    }

    private async Task TellAsync(HttpContext context, long edition, CancellationToken ends)
    {
        for (var known = new Settled(0, 0, 0); ;)
        {
            // Before looking: what comes meanwhile is told the next time.
            var news = _store.News;
            if (_store.Edition != edition)
            {
                await context.Response.WriteAsync($"event: edition\ndata: {edition = _store.Edition}\n\n", ends);
                known = new Settled(0, 0, 0);
            }
            else if (_store.Tail(known) is { } tail)
            {
                await context.Response.WriteAsync("data: ", ends);
                await context.Response.Body.WriteAsync(tail.ToJson(), ends);
                await context.Response.WriteAsync("\n\n", ends);
                known = tail.Settled;
            }
            else
            {
                await context.Response.WriteAsync(": nothing new\n\n", ends);
            }

            await context.Response.Body.FlushAsync(ends);
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ends);
            await Task.WhenAny(news, Task.Delay(Quiet, _clock, quiet.Token));
            await quiet.CancelAsync();
            await Task.Delay(Pause, _clock, ends);
        }
    }
}

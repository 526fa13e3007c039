using System.Net;
using DistTrain.Observability;
using DistTrain.Page.Serving;
using DistTrain.Protocol.Transport;
using DistTrain.Security;
using DistTrain.Security.Callers;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Viewing;

/// <summary>
/// The page of the cluster, the same on every silo that serves it: jobs, and a run while it lasts. It has a port and an application of its own, under the
/// certificates, the access file and the roles of the front door, and no further rights: what a caller sees and may end <see cref="JobAccess"/> says.
/// </summary>
internal sealed class SiloPage : IAsyncDisposable
{
    private static readonly string[] _roles = [CallerRoles.Submitter, CallerRoles.Operator];

    /// <summary>What a browser sends is small.</summary>
    private const int MostBytes = 4096;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private readonly SiloOptions _options;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly WatchedRuns _runs;
    private readonly PageEndpoints _endpoints;
    private readonly CancellationTokenSource _ending = new();
    private readonly string _own;
    private IReadOnlyList<string> _pages;
    private Task _tells = Task.CompletedTask;
    private bool _isOver;

    private SiloPage(WebApplication app, SiloOptions options, IServiceProvider silo)
    {
        (_app, _options) = (app, options);
        _grains = silo.GetRequiredService<IGrainFactory>();
        _time = silo.GetRequiredService<TimeProvider>();
        var clock = silo.GetRequiredService<JobClock>();
        _runs = new WatchedRuns(silo.GetRequiredService<JobFollower>(), clock, _time, options.Program, app.Services.GetRequiredService<ILogger<WatchedRuns>>(), _ending.Token);
        _own = AddressOf(options).GetLeftPart(UriPartial.Authority);
        _pages = [_own];
        _endpoints = new PageEndpoints(silo.GetRequiredService<JobAccess>(), clock, _runs, _time, _own, () => _pages, _ending.Token);
    }

    /// <summary>Starts it.</summary>
    /// <param name="options">Of the silo; with a port for it.</param>
    /// <param name="silo">The silo's services, which it asks as the front door does.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<SiloPage> StartAsync(SiloOptions options, IServiceProvider silo, CancellationToken stop)
    {
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.AddLogs(options.JsonLogs);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        var address = IPAddress.Parse(options.Host);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBytes;
            kestrel.Listen(address, options.PagePort!.Value, listen =>
            {
                // A browser opens six connections to a host by HTTP/1.1, fewer than somebody has tabs; by HTTP/2 all share one.
                listen.Protocols = options.Admission.Certificates is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (options.Admission.Certificates is { } certificates)
                    listen.UseTls(certificates);
            });
        });
        builder.Services.AddSingleton(silo.GetRequiredService<TimeProvider>());
        builder.Services.AddCallers(options.Admission);
        builder.Services.AddSessions(options.Admission);
        var page = new SiloPage(builder.Build(), options, silo);
        page.Map();
        await page._app.StartAsync(address, [options.PagePort], stop);
        page._tells = page.TellAsync();
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOver)
            return;
        _isOver = true;
        await _ending.CancelAsync();
        await _tells;
        await _app.DisposeAsync();
        _endpoints.Dispose();
        _ending.Dispose();
    }

    private static Uri AddressOf(SiloOptions options)
    {
        var host = IPAddress.Parse(options.Advertised ?? options.Host);
        return options.PageAddress ?? new UriBuilder(options.Admission.Certificates is null ? "http" : "https", host.ToString(), options.PagePort!.Value).Uri;
    }

    private void Map()
    {
        var asksNobody = _options.Admission.Certificates is null;
        _app.Use((context, next) =>
        {
            PageFront.Guard(context.Response, _pages.Where(page => page != _own));
            // Under certificates a name of somebody else's does not lead here: the browser compares it.
            return asksNobody && !PageFront.IsLoopback(context.Request) ? PageFront.MisdirectedAsync(context) : next(context);
        });
        _app.UseRouting();
        _app.UseCallers();
        var everybody = new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute();
        _app.MapPageFiles(file => file.WithMetadata(everybody));
        _app.MapGet("/alive", PageEndpoints.AliveAsync).WithMetadata(everybody);
        _app.MapSessions("/session", _options.Admission, _roles);
        foreach (var (path, answer) in _endpoints.Views)
            _app.MapGet(path, answer).For(_options.Admission, _roles);
        _app.MapPost("/jobs/{job}/cancel", _endpoints.CancelAsync).For(_options.Admission, _roles).Audited();
    }

    /// <summary>Says each second that the page is there, and learns where others are.</summary>
    private async Task TellAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                _pages = await _grains.GetGrain<IPagesGrain>(0).TellAsync(_own).WaitAsync(_ending.Token);
            }
            catch (Exception e) when (e is TimeoutException or OrleansException or InvalidOperationException or OperationCanceledException)
            {
                // What was told last stays: the queue's pulse says in the log that the cluster does not answer.
            }

            _runs.Sweep();
            await Task.Delay(Second, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using DistTrain.Operator.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>
/// An API server for the program's kinds, over HTTP: list, watch, get, patch, delete, the status as a subresource, and events; it lets in what the Role of the manifests grants.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    /// <summary>Whose calls are kept.</summary>
    private const string Operator = "secret";

    private readonly WebApplication _app;
    private readonly ApiStore _store;
    private CancellationTokenSource _watches = new();
    private int _watching;
    private int _bookmarks;

    private ApiServer(WebApplication app, ApiStore store) => (_app, _store) = (app, store);

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>Every call so far: resource and verb.</summary>
    public ConcurrentQueue<(string Resource, string Verb)> Calls { get; } = new();

    /// <summary>Watches that are open.</summary>
    public int Watching => Volatile.Read(ref _watching);

    /// <summary>Bookmarks sent so far.</summary>
    public int Bookmarks => Volatile.Read(ref _bookmarks);

    /// <summary>Called before a call is answered: an answer of its own, or null.</summary>
    public Func<string, string, (int Code, string Message)?> Intercept { get; set; } = (_, _) => null;

    /// <param name="store">What it serves; outlives it.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<ApiServer> StartAsync(ApiStore store, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var server = new ApiServer(builder.Build(), store);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Writes a kubeconfig that leads here.</summary>
    /// <param name="file">Where.</param>
    /// <param name="user">operator has the rights of the Role; anybody else has all.</param>
    public async Task<string> KubeconfigAsync(string file, string user = Operator)
    {
        await File.WriteAllTextAsync(
            file,
            $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts:
            - {name: test, context: {cluster: test, user: operator, namespace: {{{ApiStore.Namespace}}}}}
            clusters:
            - {name: test, cluster: {server: "http://127.0.0.1:{{{Port}}}"}}
            users:
            - {name: operator, user: {token: {{{user}}}}}
            """);
        return file;
    }

    /// <summary>Ends all watches, as a server does now and then.</summary>
    public async Task EndWatchesAsync() => await Interlocked.Exchange(ref _watches, new CancellationTokenSource()).CancelAsync();

    public int Count(string resource, string verb) => Calls.Count(c => c == (resource, verb));

    public async ValueTask DisposeAsync()
    {
        await EndWatchesAsync();
        await _app.DisposeAsync();
        _watches.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await AnswerRightlyAsync(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // A mistake of the double, or of the call.
            await FailAsync(context, 500, e.ToString());
        }
    }

    private async Task AnswerRightlyAsync(HttpContext context)
    {
        if (ApiDiscovery.Answer(context.Request.Path.Value!) is { } known)
        {
            await SendAsync(context, 200, known.AsObject());
            return;
        }

        // apis/GROUP/VERSION[/namespaces/NAMESPACE]/trainingjobs[/NAME[/status]], api/v1/namespaces/NAMESPACE/events
        var path = context.Request.Path.Value!.Trim('/').Split('/');
        var group = path[0] == "apis" ? path[1] : "";
        if (group.Length == 0)
            path = ["apis", "", .. path[1..]];
        var space = path is [_, _, _, "namespaces", ..] ? path[4] : null;
        var rest = path[(space is null ? 3 : 5)..];
        var resource = rest is [var plural, _, var sub] ? $"{plural}/{sub}" : rest[0];
        var name = rest.Length > 1 ? rest[1] : null;
        var verb = (context.Request.Method, name) switch
        {
            ("GET", null) => context.Request.Query["watch"] == "true" ? "watch" : "list",
            ("GET", _) => "get",
            ("PATCH", _) => "patch",
            ("POST", _) => "create",
            ("DELETE", _) => "delete",
            var (method, _) => method,
        };
        var isOperator = context.Request.Headers.Authorization == $"Bearer {Operator}";
        if (isOperator)
            Calls.Enqueue((resource, verb));
        if (isOperator && Intercept(resource, verb) is { } answer)
            await FailAsync(context, answer.Code, answer.Message);
        else if (path is not ["apis", "disttrain.dev", "v1", ..] and not ["apis", "", "v1", ..] || (rest[0] != "events" && Kind(rest[0]) is null))
            await FailAsync(context, 404, "the server could not find the requested resource");
        else if (isOperator && !ApiRole.Granted.Contains((group, resource, verb)))
            await FailAsync(context, 403, $"{rest[0]}.disttrain.dev is forbidden: User \"operator\" cannot {verb} resource \"{resource}\" in API group \"{group}\"");
        else if (verb == "watch")
            await WatchAsync(context, Kind(rest[0])!, space);
        else if (verb == "list")
            await ListAsync(context, Kind(rest[0])!, space);
        else if (verb == "get")
            await GetAsync(context, Kind(rest[0])!, space!, name!);
        else if (verb == "create")
            await TellAsync(context);
        else if (verb == "delete")
            await DeleteAsync(context, Kind(rest[0])!, space!, name!);
        else
            await PatchAsync(context, Kind(rest[0])!, space!, name!, resource != rest[0]);
    }

    private static ResourceKind? Kind(string plural) => ResourceKind.All.SingleOrDefault(kind => kind.Plural == plural);

    private async Task ListAsync(HttpContext context, ResourceKind kind, string? space)
    {
        var (version, all) = _store.List(space, kind);
        var objects = all.Where(o => Named(context) is not { } name || (string)o["metadata"]!["name"]! == name);
        await SendAsync(context, 200, new JsonObject
        {
            ["apiVersion"] = "disttrain.dev/v1",
            ["kind"] = $"{kind.Name}List",
            ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) },
            ["items"] = new JsonArray([.. objects]),
        });
    }

    private async Task GetAsync(HttpContext context, ResourceKind kind, string space, string name)
    {
        if (_store.Find(name, space, kind) is { } found)
            await SendAsync(context, 200, found);
        else
            await FailAsync(context, 404, $"{kind.FullName} \"{name}\" not found");
    }

    private async Task TellAsync(HttpContext context)
    {
        var told = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (_store.Tell(told))
            await SendAsync(context, 201, told);
        else
            await FailAsync(context, 409, $"events \"{told["metadata"]!["name"]}\" already exists");
    }

    private async Task DeleteAsync(HttpContext context, ResourceKind kind, string space, string name)
    {
        var uid = (string?)(await JsonNode.ParseAsync(context.Request.Body))!["preconditions"]?["uid"];
        if (_store.Find(name, space, kind) is not { } found)
            await FailAsync(context, 404, $"{kind.FullName} \"{name}\" not found");
        else if (uid is not null && uid != found.Uid())
            await FailAsync(context, 409, "the UID in the precondition does not match the UID in record");
        else
        {
            _store.Delete(name, kind);
            await SendAsync(context, 200, found);
        }
    }

    private async Task PatchAsync(HttpContext context, ResourceKind kind, string space, string name, bool isStatus)
    {
        Assert.Equal("application/merge-patch+json", context.Request.ContentType?.Split(';')[0]);
        var patch = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var (code, found, message) = _store.Patch(kind, space, name, patch, isStatus);
        if (found is null)
            await FailAsync(context, code, message);
        else
            await SendAsync(context, code, found);
    }

    private async Task WatchAsync(HttpContext context, ResourceKind kind, string? space)
    {
        var version = long.Parse(context.Request.Query["resourceVersion"]!, CultureInfo.InvariantCulture);
        var wanted = Named(context);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _watches.Token);
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        Interlocked.Increment(ref _watching);
        try
        {
            await foreach (var change in _store.WatchAsync(kind, space, version, end.Token))
            {
                if (wanted is not null && change.Name != wanted)
                    continue;
                await context.Response.WriteAsync(change.Line + "\n");
                await context.Response.Body.FlushAsync();
                if (change.Type == "BOOKMARK")
                    Interlocked.Increment(ref _bookmarks);
            }
        }
        catch (OperationCanceledException)
        {
            // Ended by either side.
        }
        finally
        {
            Interlocked.Decrement(ref _watching);
        }
    }

    /// <summary>The one object that is asked for; null: all.</summary>
    private static string? Named(HttpContext context) => context.Request.Query["fieldSelector"].ToString() is { Length: > 0 } selector ? selector["metadata.name=".Length..] : null;

    private static Task FailAsync(HttpContext context, int code, string message) => SendAsync(
        context, code, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = message, ["code"] = code });

    private static async Task SendAsync(HttpContext context, int code, JsonObject body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString());
    }
}

using DistTrain.Page.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DistTrain.Page.Serving;

/// <summary>What all servers of the page have in common: its files, and what a browser is told of it.</summary>
public static class PageFront
{
    private static readonly Dictionary<string, string> _types = new(StringComparer.Ordinal) { [".html"] = "text/html", [".css"] = "text/css", [".js"] = "text/javascript" };

    /// <summary>Only its own scripts run, nothing is kept, and no other page may have it in itself or read it.</summary>
    /// <param name="response">Not begun.</param>
    /// <param name="others">Addresses besides its own that the page may ask.</param>
    public static void Guard(HttpResponse response, params IEnumerable<string> others)
    {
        ArgumentNullException.ThrowIfNull(response);
        var headers = response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
            + $"connect-src {string.Join(' ', others.Prepend("'self'"))}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    /// <summary>Asked for by a name of this machine: another page in the same browser can't read what is served here, also by a name of its own that leads here.</summary>
    public static bool IsLoopback(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Host.Host is "127.0.0.1" or "localhost" or "[::1]";
    }

    /// <summary>Refuses who asks by another name.</summary>
    public static Task MisdirectedAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This page is asked for as 127.0.0.1 or localhost.\n");
    }

    /// <summary>Serves the page's files, each with what is done to all of them.</summary>
    public static void MapPageFiles(this WebApplication app, Action<IEndpointConventionBuilder> each)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(each);
        each(app.MapGet("/", context => FileAsync(context, PageFile.Document)));
        foreach (var file in (string[])[PageFile.Style, PageFile.Charts, .. PageFile.Modules])
            each(app.MapGet($"/{file}", context => FileAsync(context, file)));
    }

    /// <summary>Answers with JSON.</summary>
    public static Task JsonAsync(HttpContext context, byte[] json) => BytesAsync(context, "application/json", json);

    private static Task FileAsync(HttpContext context, string file) => BytesAsync(context, $"{_types[Path.GetExtension(file)]}; charset=utf-8", PageFile.Read(file));

    private static Task BytesAsync(HttpContext context, string type, byte[] bytes)
    {
        (context.Response.ContentType, context.Response.ContentLength) = (type, bytes.Length);
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}

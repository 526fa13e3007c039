using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace DistTrain.Security.Callers;

/// <summary>
/// A line for each call that a client makes, and for each that is refused, whoever makes it: who, what, about which job, and how it ended. Never what a
/// call carries.
/// </summary>
internal sealed partial class AuditLog(RequestDelegate next, ILogger<AuditLog> log)
{
    /// <summary>Metadata of endpoints whose every call has its line.</summary>
    public static readonly object EachCall = new Marker();

    private static readonly object Subject = new();
    private static readonly object Refusal = new();
    private static readonly object Reason = new();

    /// <summary>Says which job a call is about.</summary>
    public static void About(HttpContext context, string job) => context.Items[Subject] = job;

    /// <summary>Says that a call is refused, whatever its status.</summary>
    public static void Refuse(HttpContext context) => context.Items[Refusal] = Refusal;

    /// <summary>Says why a call is refused that has no gRPC status.</summary>
    public static void Because(HttpContext context, string reason) => context.Items[Reason] = reason;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            var isRefused = context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden;
            var status = isRefused ? $"{context.Response.StatusCode}" : Header(context, GrpcStatus.Header) ?? "-";
            if (isRefused || GrpcStatus.IsRefusal(status) || context.Items.ContainsKey(Refusal) || context.GetEndpoint()?.Metadata.GetMetadata<Marker>() is not null)
            {
                var caller = Caller.Of(context.User);
                Called(
                    log,
                    context.Connection.RemoteIpAddress?.ToString() ?? "-",
                    caller == Caller.Anybody ? "-" : caller.Name,
                    caller == Caller.Anybody ? "-" : caller.Role,
                    // Escaped: what a caller sends must not look like a line of this log.
                    context.Request.Path.ToUriComponent(),
                    context.Items[Subject] as string ?? "-",
                    status,
                    (isRefused ? context.Items[Reason] as string ?? "" : Uri.UnescapeDataString(Header(context, GrpcStatus.MessageHeader) ?? "")).ReplaceLineEndings("; "));
            }
        }
    }

    /// <summary>Where a call failed before its first message, its status is in the headers, else behind the messages.</summary>
    private static string? Header(HttpContext context, string name) =>
        context.Response.Headers.TryGetValue(name, out var header) ? header.ToString()
        : context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers.TryGetValue(name, out var trailer) == true ? trailer.ToString()
        : null;

    private sealed class Marker;

    [LoggerMessage(7001, LogLevel.Information, "{Peer} {Caller} {Role} {Call} job {Job}: status {Status} {Detail}")]
    private static partial void Called(ILogger log, string peer, string caller, string role, string call, string job, string status, string detail);
}

using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Security.Callers;

/// <summary>How a browser comes in: a token is exchanged for a cookie that no script can read and no other site can send.</summary>
public static class SessionSetup
{
    private static readonly CookieOptions _cookie = new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true };

    /// <summary>Takes tickets besides tokens and certificates, where the admission asks who calls.</summary>
    public static void AddSessions(this IServiceCollection services, Admission admission)
    {
        ArgumentNullException.ThrowIfNull(admission);
        if (admission.Certificates is not null)
            services.AddSingleton(provider => new SessionTickets(admission, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>
    /// POST with a token as for any other call gives the cookie, DELETE takes it back. Who is refused learns why: 401, or 403 for a role that may not.
    /// </summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="path">Of both.</param>
    /// <param name="admission">Whom the process lets in.</param>
    /// <param name="roles">Who gets one.</param>
    public static void MapSessions(this IEndpointRouteBuilder endpoints, string path, Admission admission, params string[] roles)
    {
        ArgumentNullException.ThrowIfNull(admission);
        if (admission.Certificates is null)
            return;
        endpoints.MapPost(path, BeginAsync).For(admission, roles).Audited();
        endpoints.MapDelete(path, context =>
        {
            context.Response.Cookies.Delete(SessionTickets.Cookie, _cookie);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }).WithMetadata(new Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute());
    }

    private static async Task BeginAsync(HttpContext context)
    {
        // A ticket is given for a token alone: one for a ticket would never end.
        if (context.Request.Headers.Authorization.Count == 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("Send the token as for any other call: Authorization: Bearer ...\n");
            return;
        }

        var shown = await context.AuthenticateAsync();
        var (ticket, ends) = context.RequestServices.GetRequiredService<SessionTickets>().Issue(Caller.Of(context.User), shown.Properties?.ExpiresUtc);
        context.Response.Cookies.Append(SessionTickets.Cookie, ticket, new CookieOptions(_cookie) { Expires = ends });
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using DistTrain.Security.Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DistTrain.Security.Callers;

/// <summary>
/// Who calls, by the bearer token that comes with the call, or else by the ticket that a browser was given for one, or by the certificate of the
/// connection. Whoever is refused learns why, as a gRPC status: UNAUTHENTICATED, or PERMISSION_DENIED for a role that may not. A browser does not speak gRPC: it gets 401 or 403.
/// </summary>
internal sealed class CallerHandler(
    Admission admission, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionTickets? tickets = null)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "DistTrain";

    private const string Bearer = "Bearer ";
    private const string Grpc = "application/grpc";

    private string _reason = "show a certificate of the cluster's authority, or a token";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var authorization = Request.Headers.Authorization.ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return await ByTokenAsync(authorization[Bearer.Length..].Trim());
        var ticket = tickets is null ? null : Request.Cookies[SessionTickets.Cookie];
        if (ticket is not null && tickets!.Read(ticket) is { } known)
            return Known(known.Name, known.Role);
        if (Context.Connection.ClientCertificate is { } shown)
            return ByCertificate(shown);
        return ticket is null ? AuthenticateResult.NoResult() : Refused("this session is over, or was never one of this cluster: show the token again");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => AnswerAsync(GrpcStatus.Unauthenticated, _reason);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var caller = Caller.Of(Context.User);
        return AnswerAsync(GrpcStatus.PermissionDenied, $"{caller.Name} has the role {caller.Role}, which may not call this");
    }

    private AuthenticateResult ByCertificate(X509Certificate2 shown)
    {
        if (admission.Certificates!.Problem(shown, null, CertificateUse.Client) is { } problem)
            return Refused($"the certificate {problem}");
        return CertificateRole.Of(shown) is { } role
            ? Known(CertificateRole.Name(shown) ?? "nameless", role)
            : Refused($"the certificate has no role: its organization (O) has to be one of {string.Join(", ", CallerRoles.All)}");
    }

    private async Task<AuthenticateResult> ByTokenAsync(string token)
    {
        if (admission.Access.Tokens.Find(token) is { } known)
            return Known(known.Name, known.Role);
        if (admission.Access.Jwt is not { } jwt)
            return Refused("the token is not known");
        var result = await Context.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
        if (result.Principal is not { } principal)
            return Refused($"the token is not known, and not good as a JWT: {result.Failure?.Message}");
        return principal.FindAll(jwt.RoleClaim).Select(c => c.Value).FirstOrDefault(CallerRoles.All.Contains) is { } role
            ? Known(principal.FindFirstValue("sub") ?? "nameless", role, result.Properties?.ExpiresUtc)
            : Refused($"the token has no role: its claim '{jwt.RoleClaim}' has to be one of {string.Join(", ", CallerRoles.All)}");
    }

    private AuthenticateResult Refused(string reason)
    {
        _reason = reason;
        return AuthenticateResult.Fail(reason);
    }

    private static AuthenticateResult Known(string name, string role, DateTimeOffset? ends = null)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = ends }, SchemeName));
    }

    private Task AnswerAsync(string status, string message)
    {
        AuditLog.Because(Context, message);
        return Request.ContentType?.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase) == true ? AnswerGrpcAsync(status, message) : AnswerHttpAsync(status, message);
    }

    private Task AnswerHttpAsync(string status, string message)
    {
        Response.StatusCode = status == GrpcStatus.Unauthenticated ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
        Response.ContentType = "text/plain";
        return Response.WriteAsync(message);
    }

    /// <summary>A gRPC answer without messages: its status stands in the headers.</summary>
    private Task AnswerGrpcAsync(string status, string message)
    {
        Response.StatusCode = StatusCodes.Status200OK;
        Response.ContentType = Grpc;
        Response.Headers[GrpcStatus.Header] = status;
        Response.Headers[GrpcStatus.MessageHeader] = Uri.EscapeDataString(message);
        return Response.CompleteAsync();
    }
}

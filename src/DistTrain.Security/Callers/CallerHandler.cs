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
/// Who calls, by the bearer token that comes with the call, or else by the certificate of the connection. Whoever is refused learns why, as a gRPC
/// status: UNAUTHENTICATED, or PERMISSION_DENIED for a role that may not. A browser does not speak gRPC: it gets 401 or 403.
/// </summary>
internal sealed class CallerHandler(
    Admission admission, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
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
        return Context.Connection.ClientCertificate is { } shown ? ByCertificate(shown) : AuthenticateResult.NoResult();
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
            ? Known(principal.FindFirstValue("sub") ?? "nameless", role)
            : Refused($"the token has no role: its claim '{jwt.RoleClaim}' has to be one of {string.Join(", ", CallerRoles.All)}");
    }

    private AuthenticateResult Refused(string reason)
    {
        _reason = reason;
        return AuthenticateResult.Fail(reason);
    }

    private static AuthenticateResult Known(string name, string role)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
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

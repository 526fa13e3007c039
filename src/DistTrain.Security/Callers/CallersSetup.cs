using DistTrain.Security.Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DistTrain.Security.Callers;

/// <summary>How a process that listens asks who calls.</summary>
public static class CallersSetup
{
    /// <summary>Asks every caller for a certificate or a token, where the admission says so; endpoints say by <see cref="For"/> who may call them.</summary>
    public static void AddCallers(this IServiceCollection services, Admission admission)
    {
        ArgumentNullException.ThrowIfNull(admission);
        services.AddSingleton(admission);
        if (admission.Certificates is null)
            return;
        // Not AddAuthentication: it brings the keys of data protection along, which are kept in the home folder, in clear; there are no cookies here.
        services.AddAuthenticationCore(options => options.DefaultScheme = CallerHandler.SchemeName);
        services.AddWebEncoders();
        services.AddSingleton<IAuthenticationConfigurationProvider, NothingConfigured>();
        var authentication = new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, CallerHandler>(CallerHandler.SchemeName, configureOptions: null);
        if (admission.Access.Jwt is { } jwt)
        {
            authentication.AddJwtBearer(options =>
            {
                options.Authority = jwt.Authority.ToString();
                options.Audience = jwt.Audience;
                options.MapInboundClaims = false;
            });
        }

        // What says nothing about who may call it, nobody may.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
    }

    /// <summary>Before the endpoints: the audit log, then who calls and whether they may.</summary>
    public static void UseCallers(this WebApplication app)
    {
        app.UseMiddleware<AuditLog>();
        if (app.Services.GetRequiredService<Admission>().Certificates is null)
            return;
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>Lets only callers with one of these roles call, where the process asks who calls.</summary>
    public static TBuilder For<TBuilder>(this TBuilder endpoints, Admission admission, params string[] roles)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(admission);
        return admission.Certificates is null ? endpoints : endpoints.RequireAuthorization(policy => policy.RequireRole(roles));
    }

    /// <summary>The audit log has a line for each call; without this, only for those that are refused.</summary>
    public static TBuilder Audited<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(AuditLog.EachCall);

    /// <summary>TLS, with the certificate that is in the folder when a connection begins. What a client shows is judged with its calls, which can be told why.</summary>
    public static void UseTls(this ListenOptions listen, CertificateFolder certificates) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ => ValueTask.FromResult(new System.Net.Security.SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificates.Own,
            ClientCertificateRequired = true,
#pragma warning disable CA5359 // The certificate of a client, not of a server: CallerHandler judges it, and can say why it does not do.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        }),
    });

    /// <summary>A line in the audit log for this call, whose status alone does not say that it was refused.</summary>
    public static void Refused(this HttpContext context) => AuditLog.Refuse(context);

    /// <summary>Says in the audit log which job a call is about.</summary>
    public static void AboutJob(this HttpContext context, string job) => AuditLog.About(context, job);

    /// <summary>Who may call is said by the admission alone, by no configuration of the framework's.</summary>
    private sealed class NothingConfigured : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}

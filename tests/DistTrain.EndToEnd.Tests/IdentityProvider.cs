using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DistTrain.EndToEnd.Tests;

/// <summary>An identity provider over HTTPS: what OpenID Connect Discovery asks of one, and tokens.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly WebApplication _app;

    private IdentityProvider(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Address, jwks_uri = $"{Address}/keys" }));
        _app.MapGet("/keys", () =>
        {
            var key = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(_key) { KeyId = "1" });
            return Results.Json(new { keys = new[] { new { kty = key.Kty, crv = key.Crv, x = key.X, y = key.Y, kid = "1", use = "sig", alg = "ES256" } } });
        });
    }

    public string Address { get; private set; } = string.Empty;

    /// <param name="certificates">A folder with a certificate for localhost.</param>
    public static async Task<IdentityProvider> StartAsync(string certificates)
    {
        var provider = new IdentityProvider(X509Certificate2.CreateFromPemFile(Path.Combine(certificates, "tls.crt"), Path.Combine(certificates, "tls.key")));
        await provider._app.StartAsync();
        var bound = new Uri(provider._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        provider.Address = $"https://localhost:{bound.Port}";
        return provider;
    }

    public string Token(string subject, string role, string audience, TimeSpan? valid = null) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Address,
        Audience = audience,
        NotBefore = DateTime.UtcNow.AddHours(-2),
        IssuedAt = DateTime.UtcNow.AddHours(-2),
        Expires = DateTime.UtcNow.Add(valid ?? TimeSpan.FromHours(1)),
        Claims = new Dictionary<string, object> { ["sub"] = subject, ["roles"] = role },
        SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(_key) { KeyId = "1" }, SecurityAlgorithms.EcdsaSha256),
    });

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }
}

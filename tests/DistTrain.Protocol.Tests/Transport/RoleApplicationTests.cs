using System.Net;
using DistTrain.Protocol.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace DistTrain.Protocol.Tests.Transport;

/// <summary>A role is set up by its command line, and listens where it was told to and nowhere else.</summary>
[Trait("Kind", "Fast")]
public class RoleApplicationTests
{
    [Fact]
    public void Its_configuration_has_the_variables_of_OpenTelemetry_and_nothing_else_from_outside()
    {
        Environment.SetEnvironmentVariable("DISTTRAIN_TESTS__MARK", "seen");
        Environment.SetEnvironmentVariable("OTEL_DISTTRAIN_TESTS_MARK", "seen");
        var configuration = RoleApplication.CreateBuilder().Configuration;
        Assert.Null(configuration["DISTTRAIN_TESTS:MARK"]);
        Assert.Equal("seen", configuration["OTEL_DISTTRAIN_TESTS_MARK"]);
        Assert.DoesNotContain(((IConfigurationBuilder)configuration).Sources, source => source is FileConfigurationSource);
    }

    [Theory]
    [InlineData("127.0.0.1", new[] { 5000, 8080 }, "http://127.0.0.1:5000 http://127.0.0.1:8080", "")]
    [InlineData("127.0.0.1", new[] { 0 }, "http://127.0.0.1:41234", "")]
    [InlineData("::", new[] { 5000 }, "https://[::]:5000", "")]
    [InlineData("127.0.0.1", new[] { 5000 }, "http://127.0.0.1:5000 http://0.0.0.0:17400", "http://0.0.0.0:17400")]
    [InlineData("127.0.0.1", new[] { 5000 }, "http://0.0.0.0:5000", "http://0.0.0.0:5000")]
    [InlineData("127.0.0.1", new[] { 5000 }, "http://localhost:5000", "http://localhost:5000")]
    [InlineData("0.0.0.0", new[] { 0, 8080 }, "http://0.0.0.0:41234 http://0.0.0.0:8080 http://0.0.0.0:41235", "http://0.0.0.0:41235")]
    public void What_nobody_asked_for_is_found(string host, int[] ports, string bound, string found) =>
        Assert.Equal(found, string.Join(' ', RoleApplication.NotAllowed(bound.Split(' '), IPAddress.Parse(host), ports)));

    [Fact]
    public async Task It_does_not_serve_where_it_was_not_told_to()
    {
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Any, 0);
        });
        await using var app = builder.Build();
        app.MapGet("/", () => "open");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(IPAddress.Loopback, [0, null], CancellationToken.None));
        Assert.Contains("http://0.0.0.0:", refused.Message, StringComparison.Ordinal);
        Assert.True(app.Lifetime.ApplicationStopped.IsCancellationRequested);
    }
}

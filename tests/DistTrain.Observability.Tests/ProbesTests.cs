using System.Net;
using Grpc.Health.V1;

namespace DistTrain.Observability.Tests;

[Trait("Kind", "Fast")]
public class ProbesTests
{
    [Fact]
    public async Task The_port_for_HTTP_says_how_the_process_is_and_what_it_does()
    {
        await using var app = await ProbedApp.StartAsync();
        foreach (var path in new[] { "/livez", "/readyz", "/metrics" })
            Assert.Equal(HttpStatusCode.OK, await app.GetAsync(app.Probes.Http!.Value, path));
    }

    [Fact]
    public async Task Health_is_told_at_its_own_port_and_where_the_process_takes_its_calls()
    {
        await using var app = await ProbedApp.StartAsync();
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await ProbedApp.HealthAsync(app.Probes.Health!.Value));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await ProbedApp.HealthAsync(app.OwnPort));
    }

    [Fact]
    public async Task A_port_for_probes_takes_no_other_call_and_the_others_take_no_probe()
    {
        await using var app = await ProbedApp.StartAsync();
        Assert.Equal(HttpStatusCode.OK, await app.GetAsync(app.OwnPort, "/own"));
        Assert.Equal(HttpStatusCode.NotFound, await app.GetAsync(app.Probes.Http!.Value, "/own"));
        Assert.Equal(HttpStatusCode.NotFound, await app.GetAsync(app.Probes.Health!.Value, "/own"));
        foreach (var path in new[] { "/livez", "/readyz", "/metrics" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await app.GetAsync(app.OwnPort, path));
            Assert.Equal(HttpStatusCode.NotFound, await app.GetAsync(app.Probes.Health!.Value, path));
        }
    }

    /// <summary>A restart would not help: it still answers.</summary>
    [Fact]
    public async Task A_process_that_is_asked_to_leave_lives_but_is_not_ready()
    {
        await using var app = await ProbedApp.StartAsync();
        app.IsLeaving = true;
        Assert.Equal(HttpStatusCode.OK, await app.GetAsync(app.Probes.Http!.Value, "/livez"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await app.GetAsync(app.Probes.Http!.Value, "/readyz"));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await ProbedApp.HealthAsync(app.Probes.Health!.Value));
    }
}

using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Observability.Tests;

[Trait("Kind", "Fast")]
public sealed class ReadinessTests : IDisposable
{
    private readonly Life _life = new();
    private bool _isLeaving;

    public void Dispose() => _life.Dispose();

    [Fact]
    public async Task A_process_is_ready_from_its_start_until_its_host_stops()
    {
        await IsAsync(HealthStatus.Unhealthy, "is starting");
        _life.Started.Cancel();
        await IsAsync(HealthStatus.Healthy, null);
        _life.Stopping.Cancel();
        await IsAsync(HealthStatus.Unhealthy, "is leaving");
    }

    [Fact]
    public async Task A_process_that_knows_before_its_host_that_it_leaves_is_not_ready()
    {
        _life.Started.Cancel();
        _isLeaving = true;
        await IsAsync(HealthStatus.Unhealthy, "is leaving");
    }

    [Fact]
    public async Task A_process_that_has_not_started_is_not_said_to_leave()
    {
        _isLeaving = true;
        await IsAsync(HealthStatus.Unhealthy, "is starting");
    }

    private async Task IsAsync(HealthStatus status, string? why)
    {
        var result = await new Readiness(_life, () => _isLeaving).CheckHealthAsync(new HealthCheckContext());
        Assert.Equal((status, why), (result.Status, result.Description));
    }

    private sealed class Life : IHostApplicationLifetime, IDisposable
    {
        public CancellationTokenSource Started { get; } = new();

        public CancellationTokenSource Stopping { get; } = new();

        public CancellationToken ApplicationStarted => Started.Token;

        public CancellationToken ApplicationStopping => Stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => Stopping.Cancel();

        public void Dispose()
        {
            Started.Dispose();
            Stopping.Dispose();
        }
    }
}

using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Observability;

/// <summary>A process is ready between its start and the moment it is asked to leave.</summary>
/// <param name="lifetime">Of the process.</param>
/// <param name="isLeaving">True once it has been asked to leave, where it knows before its host does.</param>
internal sealed class Readiness(IHostApplicationLifetime lifetime, Func<bool> isLeaving) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        !lifetime.ApplicationStarted.IsCancellationRequested ? HealthCheckResult.Unhealthy("is starting")
        : lifetime.ApplicationStopping.IsCancellationRequested || isLeaving() ? HealthCheckResult.Unhealthy("is leaving")
        : HealthCheckResult.Healthy());
}

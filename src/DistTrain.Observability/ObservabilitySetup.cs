using System.Diagnostics.Metrics;
using DistTrain.Observability.Traces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DistTrain.Observability;

/// <summary>What a process tells of itself: logs, health, metrics, traces.</summary>
public static class ObservabilitySetup
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string Count = ".count";

    /// <summary>Seconds; a step takes from a millisecond to minutes.</summary>
    private static readonly double[] _stepSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    /// <summary>Logs to standard error: lines for people, or an object a line with every value that a message names (job, rank, step).</summary>
    public static void AddLogs(this ILoggingBuilder logging, bool asJson)
    {
        logging.ClearProviders();
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (asJson)
            logging.AddJsonConsole(json => (json.UseUtcTimestamp, json.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
    }

    /// <summary>
    /// Health, and metrics for Prometheus; these by OTLP too, and traces, where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to. Which steps are
    /// traced, <c>OTEL_TRACES_SAMPLER</c> says: OpenTelemetry reads it itself.
    /// </summary>
    /// <param name="services">Of the process.</param>
    /// <param name="service">disttrain-server, disttrain-silo or disttrain-operator.</param>
    /// <param name="isLeaving">True once the process has been asked to leave.</param>
    public static void AddObservability(this IServiceCollection services, string service, Func<IServiceProvider, bool> isLeaving)
    {
        services.AddGrpcHealthChecks();
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            "ready",
            provider => new Readiness(provider.GetRequiredService<IHostApplicationLifetime>(), () => isLeaving(provider)),
            failureStatus: null,
            tags: null));
        var hasReceiver = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(OtlpEndpoint));
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(TrainingMeter.Name)
                    .AddRuntimeInstrumentation()
                    .AddView(WithoutCount)
                    .AddView(TrainingMeter.StepDuration.Name, new ExplicitBucketHistogramConfiguration { Boundaries = _stepSeconds })
                    .AddView(TrainingMeter.CheckpointDuration.Name, new ExplicitBucketHistogramConfiguration { Boundaries = _stepSeconds })
                    .AddPrometheusExporter();
                if (hasReceiver)
                    metrics.AddOtlpExporter();
            });
        if (hasReceiver)
            telemetry.WithTracing(traces => traces.AddSource(TrainingTrace.Name).AddOtlpExporter());
    }

    /// <summary>.NET names gauges <c>….count</c>; Prometheus keeps that suffix for histograms.</summary>
    private static MetricStreamConfiguration? WithoutCount(Instrument instrument) =>
        instrument.Name.EndsWith(Count, StringComparison.Ordinal) ? new MetricStreamConfiguration { Name = string.Concat(instrument.Name.AsSpan(0, instrument.Name.Length - Count.Length), ".number") } : null;
}

using System.Globalization;

namespace DistTrain.Benchmarks.Observability;

/// <summary>Where traces go, and of which share of the steps.</summary>
internal sealed record Tracing(string Endpoint, double Sampled)
{
    /// <summary>As OpenTelemetry's processes are told everywhere.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Endpoint,
        ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
        ["OTEL_TRACES_SAMPLER_ARG"] = Sampled.ToString(CultureInfo.InvariantCulture),
    };
}

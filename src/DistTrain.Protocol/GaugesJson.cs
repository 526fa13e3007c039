using System.Text.Json;

namespace DistTrain.Protocol;

/// <summary>The gauges of a step as part of a line of JSON, as far as they are known.</summary>
internal static class GaugesJson
{
    public static void Write(Utf8JsonWriter json, StepMetrics step)
    {
        if (step.HasGradientNorm)
            MetricsJson.WriteNumber(json, "gradientNorm", step.GradientNorm);
        if (step.Noise is not { } noise)
            return;
        MetricsJson.WriteNumber(json, "gradientSquare", noise.GradientSquare);
        MetricsJson.WriteNumber(json, "noiseTrace", noise.Trace);
        if (!noise.HasScale)
            return;
        MetricsJson.WriteNumber(json, "noiseScale", noise.Scale);
        json.WriteNumber("criticalBatch", noise.CriticalBatch);
    }

    /// <returns>The step with what the line says.</returns>
    public static StepMetrics Read(JsonElement root, StepMetrics step)
    {
        bool Has(string name) => root.TryGetProperty(name, out _);
        double Number(string name) => MetricsJson.Number(root, name);
        if (Has("gradientNorm"))
            step.GradientNorm = Number("gradientNorm");
        if (!Has("noiseTrace"))
            return step;
        step.Noise = new NoiseMetrics { GradientSquare = Number("gradientSquare"), Trace = Number("noiseTrace") };
        if (Has("noiseScale"))
            (step.Noise.Scale, step.Noise.CriticalBatch) = (Number("noiseScale"), root.GetProperty("criticalBatch").GetInt64());
        return step;
    }
}

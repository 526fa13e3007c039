using System.Text.Json;

namespace DistTrain.Protocol;

/// <summary>A probe of an update as part of a line of JSON.</summary>
internal static class ProbeJson
{
    public static void Write(Utf8JsonWriter json, ProbeMetrics probe)
    {
        json.WriteString("event", "probe");
        json.WriteNumber("step", probe.Step);
        json.WriteNumber("epoch", probe.Epoch);
        if (probe.HasCriticalSharpness)
            json.WriteNumber("criticalSharpness", probe.CriticalSharpness);
        json.WriteNumber("low", probe.Low);
        if (probe.HasHigh)
            json.WriteNumber("high", probe.High);
        json.WriteNumber("edge", probe.Edge);
        MetricsJson.WriteNumber(json, "loss", probe.Loss);
        json.WriteNumber("passes", probe.Passes);
    }

    public static ProbeMetrics Read(JsonElement root)
    {
        double Number(string name) => MetricsJson.Number(root, name);
        var probe = new ProbeMetrics
        {
            Step = root.GetProperty("step").GetInt64(),
            Epoch = Number("epoch"),
            Low = Number("low"),
            Edge = Number("edge"),
            Loss = Number("loss"),
            Passes = root.GetProperty("passes").GetInt32(),
        };
        if (root.TryGetProperty("criticalSharpness", out _))
            probe.CriticalSharpness = Number("criticalSharpness");
        if (root.TryGetProperty("high", out _))
            probe.High = Number("high");
        return probe;
    }
}

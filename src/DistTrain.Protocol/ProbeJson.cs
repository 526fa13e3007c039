using System.Text.Json;

namespace DistTrain.Protocol;

/// <summary>A probe of an update as part of a line of JSON: what of its measurement is known.</summary>
internal static class ProbeJson
{
    public static void Write(Utf8JsonWriter json, ProbeMetrics probe)
    {
        json.WriteString("event", "probe");
        json.WriteNumber("step", probe.Step);
        json.WriteNumber("epoch", probe.Epoch);
        if (probe.HasCriticalSharpness)
            json.WriteNumber("criticalSharpness", probe.CriticalSharpness);
        if (probe is { Passes: > 0, Examples: 0 })
            json.WriteNumber("low", probe.Low);
        if (probe.HasHigh)
            json.WriteNumber("high", probe.High);
        if (probe is { HasLambdaMax: true, HasLambdaMin: true })
        {
            json.WriteNumber("lambdaMax", probe.LambdaMax);
            json.WriteNumber("lambdaMin", probe.LambdaMin);
            json.WriteNumber("lambdaMaxResidual", probe.LambdaMaxResidual);
            json.WriteNumber("lambdaMinResidual", probe.LambdaMinResidual);
        }

        if (probe.Smoothness is { } smoothness)
        {
            json.WriteNumber("betaSmoothness", smoothness.Beta);
            json.WriteNumber("lossLow", smoothness.LossLow);
            json.WriteNumber("lossHigh", smoothness.LossHigh);
            json.WriteNumber("gradientChangeLow", smoothness.ChangeLow);
            json.WriteNumber("gradientChangeHigh", smoothness.ChangeHigh);
        }

        if (probe.HasGradientNorm)
            json.WriteNumber("gradientNorm", probe.GradientNorm);
        if (probe is { HasPositive: true, HasNegative: true })
        {
            json.WriteNumber("positive", probe.Positive);
            json.WriteNumber("negative", probe.Negative);
        }

        json.WriteNumber("edge", probe.Edge);
        MetricsJson.WriteNumber(json, "loss", probe.Loss);
        if (probe.Passes > 0)
            json.WriteNumber("passes", probe.Passes);
        if (probe.Examples == 0)
            return;
        if (probe.Passes == 0)
            json.WriteNumber("products", probe.Products);
        json.WriteNumber("examples", probe.Examples);
    }

    public static ProbeMetrics Read(JsonElement root)
    {
        double Number(string name) => MetricsJson.Number(root, name);
        double NumberOrZero(string name) => root.TryGetProperty(name, out _) ? Number(name) : 0;
        int Count(string name) => root.TryGetProperty(name, out var count) ? count.GetInt32() : 0;
        var probe = new ProbeMetrics
        {
            Step = root.GetProperty("step").GetInt64(),
            Epoch = Number("epoch"),
            Low = NumberOrZero("low"),
            Edge = Number("edge"),
            Loss = Number("loss"),
            Passes = Count("passes"),
            LambdaMaxResidual = NumberOrZero("lambdaMaxResidual"),
            LambdaMinResidual = NumberOrZero("lambdaMinResidual"),
            Products = Count("products"),
            Examples = Count("examples"),
        };
        if (root.TryGetProperty("criticalSharpness", out _))
            probe.CriticalSharpness = Number("criticalSharpness");
        if (root.TryGetProperty("high", out _))
            probe.High = Number("high");
        if (root.TryGetProperty("lambdaMax", out _))
            (probe.LambdaMax, probe.LambdaMin) = (Number("lambdaMax"), Number("lambdaMin"));
        if (root.TryGetProperty("gradientNorm", out _))
            probe.GradientNorm = Number("gradientNorm");
        if (root.TryGetProperty("betaSmoothness", out _))
        {
            probe.Smoothness = new SmoothnessMetrics
            {
                Beta = Number("betaSmoothness"),
                LossLow = Number("lossLow"),
                LossHigh = Number("lossHigh"),
                ChangeLow = Number("gradientChangeLow"),
                ChangeHigh = Number("gradientChangeHigh"),
            };
        }

        if (root.TryGetProperty("positive", out _))
            (probe.Positive, probe.Negative) = (Number("positive"), Number("negative"));
        return probe;
    }
}

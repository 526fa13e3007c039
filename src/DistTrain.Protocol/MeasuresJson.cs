using System.Text.Json;

namespace DistTrain.Protocol;

/// <summary>What a task tells of examples, in a line of the history: the accuracy, beside which stands <c>topAccuracy</c>; of regression <c>r2</c> and <c>mae</c> in its place.</summary>
internal static class MeasuresJson
{
    public static void Write(Utf8JsonWriter json, double accuracy, Measures? measures)
    {
        if (measures is { HasRSquared: true, HasAbsoluteError: true })
        {
            MetricsJson.WriteNumber(json, "r2", measures.RSquared);
            MetricsJson.WriteNumber(json, "mae", measures.AbsoluteError);
            return;
        }

        json.WriteNumber("accuracy", accuracy);
        if (measures is { HasTopAccuracy: true })
            json.WriteNumber("topAccuracy", measures.TopAccuracy);
    }

    public static (double Accuracy, Measures? Measures) Read(JsonElement root)
    {
        if (root.TryGetProperty("r2", out _))
            return (0, new Measures { RSquared = MetricsJson.Number(root, "r2"), AbsoluteError = MetricsJson.Number(root, "mae") });
        var accuracy = MetricsJson.Number(root, "accuracy");
        return (accuracy, root.TryGetProperty("topAccuracy", out var top) ? new Measures { TopAccuracy = top.GetDouble() } : null);
    }
}

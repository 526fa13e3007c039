using System.Buffers;
using System.Globalization;
using System.Text.Json;
using DistTrain.Protocol.Formats;

namespace DistTrain.Protocol;

/// <summary>
/// A metrics event as one line of JSON: the format of a run's <c>metrics.jsonl</c>; what <c>--output json</c> prints of a step has no ledger. JSON
/// has no number for what is not finite: it is written as "NaN", "Infinity" or "-Infinity".
/// </summary>
public static class MetricsJson
{
    private static readonly FileFormat Format = new("a line of a run's history", Version: 1);

    /// <summary>The event as UTF-8 without a line end.</summary>
    public static byte[] Write(MetricsEvent metrics)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            switch (metrics.EventCase)
            {
                case MetricsEvent.EventOneofCase.Step:
                    WriteStep(json, metrics.Step);
                    break;
                case MetricsEvent.EventOneofCase.Statistics:
                    json.WriteString("event", "statistics");
                    json.WriteNumber("step", metrics.Statistics.Step);
                    break;
                case MetricsEvent.EventOneofCase.Probe:
                    ProbeJson.Write(json, metrics.Probe);
                    break;
                case MetricsEvent.EventOneofCase.Validation:
                    WriteEvaluation(json, "validation", metrics.Validation);
                    break;
                default:
                    WriteEvaluation(json, "evaluation", metrics.Evaluation);
                    break;
            }

            if (metrics.Ledger is { } ledger)
                LedgerJson.Write(json, ledger);
            // Each line, as a file may go on in a later version.
            json.WriteNumber(FileFormat.Key, Format.Version);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a line that <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">The line is not a metrics event.</exception>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static MetricsEvent Read(string line) => Read(line, "metrics.jsonl");

    /// <summary>The same of a line that stands in <paramref name="file"/>, as messages are to say.</summary>
    /// <exception cref="JsonException">The line is not a metrics event.</exception>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static MetricsEvent Read(string line, string file)
    {
        using var document = JsonDocument.Parse(line);
        Format.Require(document.RootElement, file);
        try
        {
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException($"not a metrics event: {e.Message}", e);
        }
    }

    private static MetricsEvent Read(JsonElement root)
    {
        double Number(string name) => MetricsJson.Number(root, name);
        string Text(string name) => root.TryGetProperty(name, out var text) ? text.GetString()! : string.Empty;
        EvaluationMetrics Evaluated()
        {
            var (accuracy, measures) = MeasuresJson.Read(root);
            return new()
            {
                Step = root.GetProperty("step").GetInt64(),
                Epoch = Number("epoch"),
                Loss = Number("loss"),
                Accuracy = accuracy,
                Examples = root.GetProperty("examples").GetInt32(),
                Measures = measures,
            };
        }

        return root.GetProperty("event").GetString() switch
        {
            "step" => new MetricsEvent { Step = GaugesJson.Read(root, Step()), Ledger = LedgerJson.Read(root) },
            "statistics" => new MetricsEvent
            {
                Statistics = new StatisticsMetrics { Step = root.GetProperty("step").GetInt64() },
                Ledger = LedgerJson.Read(root),
            },
            "evaluation" => new MetricsEvent { Evaluation = Evaluated() },
            "probe" => new MetricsEvent { Probe = ProbeJson.Read(root) },
            "validation" => new MetricsEvent { Validation = Evaluated() },
            var other => throw new JsonException($"'{other}' is not a metrics event"),
        };

        StepMetrics Step()
        {
            var (accuracy, measures) = MeasuresJson.Read(root);
            var step = new StepMetrics
            {
                Step = root.GetProperty("step").GetInt64(),
                Epoch = Number("epoch"),
                Loss = Number("loss"),
                Accuracy = accuracy,
                Measures = measures,
                LearningRate = Number("learningRate"),
                Examples = root.GetProperty("examples").GetInt32(),
                Milliseconds = Number("milliseconds"),
                ComputeMilliseconds = Number("computeMilliseconds"),
                Skipped = Text("skipped"),
                ReplayCheck = Text("replayCheck"),
            };
            if (root.TryGetProperty("lambdaMax", out var largest) && root.TryGetProperty("lambdaMin", out var smallest))
                (step.LambdaMax, step.LambdaMin) = (largest.GetDouble(), smallest.GetDouble());
            return step;
        }
    }

    private static void WriteStep(Utf8JsonWriter json, StepMetrics step)
    {
        json.WriteString("event", "step");
        json.WriteNumber("step", step.Step);
        json.WriteNumber("epoch", step.Epoch);
        WriteNumber(json, "loss", step.Loss);
        MeasuresJson.Write(json, step.Accuracy, step.Measures);
        json.WriteNumber("learningRate", step.LearningRate);
        json.WriteNumber("examples", step.Examples);
        json.WriteNumber("milliseconds", Math.Round(step.Milliseconds, 3));
        json.WriteNumber("computeMilliseconds", Math.Round(step.ComputeMilliseconds, 3));
        if (step.Skipped.Length > 0)
            json.WriteString("skipped", step.Skipped);
        if (step.ReplayCheck.Length > 0)
            json.WriteString("replayCheck", step.ReplayCheck);
        if (step.HasLambdaMax && step.HasLambdaMin)
        {
            json.WriteNumber("lambdaMax", step.LambdaMax);
            json.WriteNumber("lambdaMin", step.LambdaMin);
        }
        GaugesJson.Write(json, step);
    }

    private static void WriteEvaluation(Utf8JsonWriter json, string name, EvaluationMetrics evaluation)
    {
        json.WriteString("event", name);
        json.WriteNumber("step", evaluation.Step);
        json.WriteNumber("epoch", evaluation.Epoch);
        WriteNumber(json, "loss", evaluation.Loss);
        MeasuresJson.Write(json, evaluation.Accuracy, evaluation.Measures);
        json.WriteNumber("examples", evaluation.Examples);
    }

    internal static double Number(JsonElement root, string name) =>
        root.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? NotFinite(text) : root.GetProperty(name).GetDouble();

    internal static void WriteNumber(Utf8JsonWriter json, string name, double number)
    {
        if (double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
    }

    private static double NotFinite(JsonElement text) => text.GetString() switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        var other => throw new JsonException($"'{other}' is not a number"),
    };
}

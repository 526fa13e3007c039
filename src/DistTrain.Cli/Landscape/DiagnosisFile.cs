using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Landscape;

/// <summary>The file of a diagnosis: what the closing event says, and of each random direction the nodes of its quadrature, from which a density follows.</summary>
internal static class DiagnosisFile
{
    private static readonly FileFormat Format = new("a diagnosis", Version: 1);

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All such names.</summary>
    public const string Pattern = "diagnosis*.json";

    /// <summary>Its name, of a version or of a model file.</summary>
    public static string NameOf(long? step) => step is { } version ? $"diagnosis-step-{version}.json" : "diagnosis.json";

    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(DiagnosedEvent diagnosed, CurvaturePlan plan, IReadOnlyList<(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas)> recursions)
    {
        var document = JsonNode.Parse(OutputJson.Line(diagnosed))!.AsObject();
        document.Remove("event");
        document["seed"] = plan.Seed;
        document["spectrum"] = Nodes(recursions[0]);
        document["directions"] = new JsonArray([.. recursions.Skip(1).Select(Nodes)]);
        WholeFile.Write(diagnosed.File, Format.Stamp(document).ToJsonString(Readable) + "\n");
    }

    /// <exception cref="CommandException">It is no file of results.</exception>
    public static SavedDiagnosis Read(string path)
    {
        try
        {
            return Format.Open(File.ReadAllText(path), path).Deserialize(DiagnosisJson.Default.SavedDiagnosis)!;
        }
        catch (Exception e) when (e is JsonException or UnknownFormatException)
        {
            throw CommandException.BadInput($"{path}: this is no diagnosis' file of results: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
    }

    /// <summary>Ritz values with residuals and the weights of the first direction.</summary>
    private static JsonNode Nodes((IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas) recursion) => new JsonArray(
        [.. RitzSpectrum.Of(recursion.Alphas, recursion.Betas).Values.Select(node => new JsonObject
        {
            ["value"] = node.Value,
            ["residual"] = node.Residual,
            ["weight"] = node.Weight,
        })]);
}

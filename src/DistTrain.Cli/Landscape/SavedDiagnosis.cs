using System.Globalization;
using System.Text.Json.Serialization;

namespace DistTrain.Cli.Landscape;

/// <summary>What a diagnosis' file of results tells of its eigenvalues.</summary>
/// <param name="Checkpoint">The weights that were looked at.</param>
/// <param name="Parameters">Eigenvalues there are.</param>
/// <param name="IsComplete">The first recursion knows all of them.</param>
/// <param name="Spectrum">Of the first recursion.</param>
/// <param name="Directions">Of each random direction.</param>
/// <param name="Step">Of the weights; null for a model file.</param>
internal sealed record SavedDiagnosis(
    string Checkpoint, long Parameters, bool IsComplete, IReadOnlyList<SavedNode> Spectrum, IReadOnlyList<IReadOnlyList<SavedNode>> Directions, long? Step = null)
{
    /// <summary>The run's folder, or the model's file, and the step.</summary>
    public string Title
    {
        get
        {
            if (Step is not { } step)
                return Path.GetFileName(Checkpoint);
            var number = step.ToString(CultureInfo.InvariantCulture);
            var suffix = $"/checkpoints/step-{number}";
            var run = Checkpoint.EndsWith(suffix, StringComparison.Ordinal) ? Checkpoint[..^suffix.Length] : Checkpoint;
            return $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(run))}, step {number}";
        }
    }

    /// <summary>Eigenvalues with their shares, 1 in all: of a quadrature its nodes; empty where there was none.</summary>
    public IReadOnlyList<(double Value, double Share)> Shares => IsComplete
        ? [.. Spectrum.Select(node => (node.Value, 1.0 / Spectrum.Count))]
        : [.. Directions.SelectMany(direction => direction).Select(node => (node.Value, node.Weight / Directions.Count))];
}

/// <param name="Value">θ.</param>
/// <param name="Residual">An eigenvalue lies within this distance of it.</param>
/// <param name="Weight">The share of its recursion's first direction that lies along it.</param>
internal sealed record SavedNode(double Value, double Residual, double Weight);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedDiagnosis))]
internal sealed partial class DiagnosisJson : JsonSerializerContext;

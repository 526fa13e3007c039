using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol.Formats;
using DistTrain.Training.Steps;

namespace DistTrain.Worker.Jobs;

/// <summary>All that a probe has found, but for the directions themselves: what a diagnosis is made of.</summary>
/// <param name="Step">Of the checkpoint that was looked at; null where a path says which weights they are.</param>
/// <param name="WeightsSha256">Of the weights that were looked at.</param>
/// <param name="Parameters">Trainable ones.</param>
/// <param name="Examples">That the loss is over.</param>
/// <param name="LossSum">Over them.</param>
/// <param name="Correct">Of them.</param>
/// <param name="GradientNorm">Of the mean gradient.</param>
/// <param name="Recursions">First that of the ends.</param>
/// <param name="Smallest">Where the direction of the smallest eigenvalue lives: the share of its squared length in each tensor, in the layout's order.</param>
/// <param name="Largest">The same of the largest.</param>
/// <param name="Sha256">Of all results, <see cref="FindingsDigest"/>.</param>
public sealed record ProbeFindings(
    long? Step,
    string WeightsSha256,
    long Parameters,
    int Examples,
    double LossSum,
    double Correct,
    double GradientNorm,
    IReadOnlyList<FoundRecursion> Recursions,
    IReadOnlyList<FoundShare> Smallest,
    IReadOnlyList<FoundShare> Largest,
    string Sha256)
{
    /// <summary>Of the loss in boxes around the weights; null where it was not asked for, and not written then.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FoundSearch>? Searches { get; init; }

    /// <summary>Their file.</summary>
    public const string FileName = "findings.json";

    private static readonly FileFormat Format = new("the findings of a probe", Version: 1);

    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <param name="file">Where it stands, for messages.</param>
    /// <exception cref="JsonException">It is none such.</exception>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static ProbeFindings Read(string json, string file) => Format.Open(json, file).Deserialize(FindingsJson.Default.ProbeFindings)!;

    public string ToJson() => Format.Stamp(JsonSerializer.SerializeToNode(this, FindingsJson.Default.ProbeFindings)!).ToJsonString();

    /// <summary>Of a probe that has taken all of its products.</summary>
    /// <param name="step">Of the checkpoint that was looked at.</param>
    /// <param name="layout">Of the vectors.</param>
    /// <param name="progress">What is known besides them.</param>
    /// <param name="weights">The weights, [Layout.Length · width].</param>
    /// <param name="smallest">The direction of the smallest eigenvalue, as long.</param>
    /// <param name="largest">That of the largest.</param>
    internal static ProbeFindings Of<T>(long? step, ParameterLayout layout, ProbeProgress progress, float[] weights, float[] smallest, float[] largest)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Memory<T> Direction(float[] vector) => MemoryMarshal.Cast<float, T>(vector)[..layout.TrainableLength].ToArray();
        var (low, high) = (Direction(smallest), Direction(largest));
        var state = new CurvatureProbeState<T>(
            [.. progress.Recursions.Select(recursion => (recursion.Alphas, recursion.Betas))], new LanczosState<T>([], [], []), Restarts: 0, low, high);
        float[] narrow = [.. MemoryMarshal.Cast<float, T>(weights).ToArray().Select(float.CreateChecked)];
        return new ProbeFindings(
            step,
            WeightsHash.Compute(layout, narrow),
            layout.ParameterCount,
            progress.Examples,
            progress.LossSum,
            progress.Correct,
            progress.GradientNorm,
            [.. progress.Recursions.Select(recursion => new FoundRecursion(recursion.Alphas, recursion.Betas))],
            Shares(layout, low),
            Shares(layout, high),
            FindingsDigest.Of(layout, progress.Loss, progress.GradientNorm, state, progress.Searches?.Select(search => search.Record.Losses) ?? []))
        {
            Searches = progress.Searches is { } searches ? [.. searches.Select(search => new FoundSearch(search.Record.Box, search.Record.Losses, search.Record.IsAtCorner))] : null,
        };
    }

    private static IReadOnlyList<FoundShare> Shares<T>(ParameterLayout layout, Memory<T> direction)
        where T : unmanaged, INumberBase<T> =>
        [.. DirectionShares.Of<T>(new VectorPart(layout, ..), direction.Span, BucketOrder.Add).Select(pair => new FoundShare(pair.Segment.Name, pair.Share))];
}

/// <param name="Alphas">Diagonal of its tridiagonal matrix.</param>
/// <param name="Betas">Beside it.</param>
public sealed record FoundRecursion(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas);

/// <param name="Box">Which one.</param>
/// <param name="Losses">Of the points, the first at the weights.</param>
/// <param name="IsAtCorner">The search ended at a corner that its gradient does not lead away from.</param>
public sealed record FoundSearch(SharpnessBox Box, IReadOnlyList<double> Losses, bool IsAtCorner);

/// <param name="Tensor">Its name in the model.</param>
/// <param name="Share">0..1.</param>
public sealed record FoundShare(string Tensor, double Share);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ProbeFindings))]
internal sealed partial class FindingsJson : JsonSerializerContext;

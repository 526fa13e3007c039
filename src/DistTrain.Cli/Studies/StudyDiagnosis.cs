using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Cli.Output;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Landscape;

namespace DistTrain.Cli.Studies;

/// <summary>What was found at the weights that a run ended with.</summary>
/// <param name="Setup">SHA-256 of what was asked for: one of other settings is looked for again.</param>
/// <param name="Loss">Mean over the examples that were looked at.</param>
/// <param name="Accuracy">Share of them, 0..1.</param>
/// <param name="GradientNorm">Of the mean gradient.</param>
/// <param name="LambdaMax">The largest eigenvalue.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="Sha256">Of all results as bytes.</param>
/// <param name="Positive">Share of the eigenvalues above τ; null: not asked for.</param>
/// <param name="Sharpness">In boxes around the weights; null: not asked for.</param>
internal sealed record StudyDiagnosis(
    string Setup,
    double Loss,
    double Accuracy,
    double GradientNorm,
    double LambdaMax,
    double LambdaMin,
    string Sha256,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Positive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<RiseInBox>? Sharpness = null)
{
    public static string SetupOf(ProbeRecipe asked) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(new ProbeFile("study", Job: null, asked).Write())));

    /// <summary>Looks, as <c>diagnose</c> does, in this process.</summary>
    /// <param name="context">The command.</param>
    /// <param name="runFolder">The run's.</param>
    /// <param name="asked">What is looked for.</param>
    /// <exception cref="CommandException">The weights can't be read, or the loss there is not finite.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static StudyDiagnosis At(CommandContext context, string runFolder, ProbeRecipe asked) =>
        asked.IsWide ? At<double>(context, runFolder, asked) : At<float>(context, runFolder, asked);

    private static StudyDiagnosis At<T>(CommandContext context, string runFolder, ProbeRecipe asked)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var saved = SavedModel.ReadFinite(runFolder);
        var mode = asked.Mode == ProbeChoices.Training ? CurvatureMode.Training : CurvatureMode.Evaluation;
        var count = asked.Examples switch
        {
            null => new ExampleCount(ProbeChoices.DefaultExamples, IsFirm: false),
            0 => new ExampleCount(Number: null, IsFirm: true),
            var some => new ExampleCount(some, IsFirm: true),
        };
        var data = ProbeData.Read(saved, saved.ReadSpec([]), asked.Data, count, mode, asked.Seed, context.Error);
        using var probe = new Probe<T>(saved, data, asked.Plan);
        var result = probe.Run(_ => { }, context.Interruption.Requested);
        var found = Diagnosis.Of(saved, data, asked.Data, asked.Plan, result, seconds: 0, file: "");
        return new StudyDiagnosis(
            SetupOf(asked), found.Loss, found.Accuracy!.Value, found.GradientNorm, found.LambdaMax, found.LambdaMin, found.Sha256, found.Positive?.Value, found.Sharpness);
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Cli.Results;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>What became of one cell of a study: a line of <c>results.jsonl</c>.</summary>
/// <param name="Cell">recipe-batch-seed.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="Batch">Examples in a step.</param>
/// <param name="Seed">The job's seed.</param>
/// <param name="State">completed; or diverged: a gradient or loss stopped being a number.</param>
/// <param name="Accuracy">Test accuracy of the final weights, 0..1; null when there are none.</param>
/// <param name="Evaluations">How it went, by epoch, on what the job sets apart or else the test set; with SWAP the last but one is the end of phase 1.</param>
/// <param name="Steps">Committed steps.</param>
/// <param name="Seconds">Wall time of the run, the cluster's start and end included.</param>
/// <param name="WeightsSha256">Of the final weights; null when there are none.</param>
/// <param name="JobSha256">Of the resolved job file without the data's path: a cell of another job is not taken for this one's.</param>
/// <param name="Reason">Why it diverged.</param>
/// <param name="ValidationAccuracy">Of the final weights on what the job sets apart of the training set: what recipes are chosen by; null where it sets nothing apart.</param>
/// <param name="StepMilliseconds">Of an update, the median of the run's second half; null in results that did not keep it.</param>
/// <param name="Looks">How the loss is curved along the way, in order of steps; null where the cell is not for that.</param>
/// <param name="Diagnosis">What was found at the weights that it ended with; null: nothing was looked for.</param>
/// <param name="Predictions">What the noise scale said of the critical batch at the steps from which other cells start; null: none does.</param>
/// <param name="Machine">What it ran on, and which program: weights have the same bits on the same kind of processor. Null in results that did not keep it.</param>
internal sealed record StudyResult(
    string Cell,
    string Recipe,
    int Batch,
    int Seed,
    string State,
    double? Accuracy,
    IReadOnlyList<StudyEvaluation> Evaluations,
    long Steps,
    double Seconds,
    string? WeightsSha256,
    string JobSha256,
    string? Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidationAccuracy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? StepMilliseconds = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<StudyLook>? Looks = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StudyDiagnosis? Diagnosis = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<StudyPrediction>? Predictions = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Machine = null) : IRunResult<StudyResult>
{
    public const string Completed = "completed";

    public const string Diverged = "diverged";

    string IRunResult<StudyResult>.Run => Cell;

    string IRunResult<StudyResult>.Setup => JobSha256;

    /// <summary>What is done of the study as it stands: a cell that was done with other settings is not yet.</summary>
    public static IReadOnlyList<StudyResult> Of(ResultsFolder<StudyResult> folder, Study study) =>
        [.. study.Cells.Select(c => folder.Find(c.Name, ShaOf(study, c))).OfType<StudyResult>()];

    /// <summary>The cell's identity: its job, and that of the cell that it starts from.</summary>
    public static string ShaOf(Study study, StudyCell cell) => cell.Fork is { } fork
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ShaOf(cell.Job) + ShaOf(study, study.Cells.Single(c => c.Name == fork.Cell)))))
        : ShaOf(cell.Job);

    /// <summary>The job's identity: where its data lies on this machine is no part of it.</summary>
    public static string ShaOf(TrainingJob job) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            JobFile.Write(job with { Spec = job.Spec with { Dataset = job.Spec.Dataset with { Path = null } } }))));

    public string ToJson() => JsonSerializer.Serialize(this, StudyJson.Default.StudyResult);

    /// <exception cref="JsonException">The line is no result.</exception>
    public static StudyResult FromJson(string line) =>
        JsonSerializer.Deserialize(line, StudyJson.Default.StudyResult) ?? throw new JsonException("the line is empty");
}

/// <param name="Step">The step.</param>
/// <param name="CriticalBatch">Predicted there; null: the noise did not allow it yet.</param>
internal sealed record StudyPrediction(long Step, long? CriticalBatch);

/// <param name="Epoch">Fractional epochs done.</param>
/// <param name="Accuracy">Share of the set, 0..1.</param>
/// <param name="Loss">Mean over the set; null in results that did not keep it.</param>
/// <param name="TrainLoss">Mean over the examples that were trained on since the evaluation before, each at the weights of its step; null without such.</param>
internal sealed record StudyEvaluation(
    double Epoch,
    double Accuracy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Loss = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TrainLoss = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StudyResult))]
internal sealed partial class StudyJson : JsonSerializerContext;

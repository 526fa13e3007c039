using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Worker.Jobs;

/// <summary>
/// The data that a job began with, in its record: with it the job is driven and its model is sent without reading them again, and who does read
/// them again finds out which file has changed.
/// </summary>
/// <param name="Fingerprint">SHA-256 of what was read.</param>
/// <param name="Files">SHA-256 of each file, by its path in the dataset's folder.</param>
/// <param name="Shape">Shape of one example.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="TrainExamples">Examples in the training set.</param>
/// <param name="TestExamples">Examples in the test set.</param>
/// <param name="Summary">What was understood of them, JSON.</param>
/// <param name="Lines">The same for people.</param>
[GenerateSerializer]
[Alias("DistTrain.DataRecord")]
public sealed record DataRecord(
    string Fingerprint,
    Dictionary<string, string> Files,
    int[] Shape,
    int Classes,
    int TrainExamples,
    int TestExamples,
    string Summary,
    List<string> Lines)
{
    internal static DataRecord Of(Dataset data, DatasetRecipe recipe) => new(
        data.Fingerprint,
        new Dictionary<string, string>(data.Files),
        [.. data.Train.Shape],
        data.Train.Classes,
        data.Train.Count,
        data.Test.Count,
        DatasetSummary.Json(data, recipe),
        [.. DatasetSummary.Lines(data, recipe)]);
}

using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs;

/// <summary>What a job needs before its servers can be opened: its data's size and fingerprint, and its model's layout.</summary>
/// <param name="Layout">The flat vector.</param>
/// <param name="TrainExamples">Examples in the training set.</param>
/// <param name="TestExamples">Examples in the test set.</param>
/// <param name="DataFingerprint">SHA-256 over both.</param>
internal sealed record JobPreparation(ParameterLayout Layout, int TrainExamples, int TestExamples, string DataFingerprint)
{
    /// <summary>Reads the data and builds the blueprint, away from any grain's scheduler.</summary>
    /// <exception cref="Torch.Data.DatasetException">The data can't be read.</exception>
    /// <exception cref="ModelException">The model does not fit the data.</exception>
    public static Task<JobPreparation> OfAsync(TrainingSpec spec, DatasetCache datasets) => Task.Run(() =>
    {
        NativeEnvironment.Prepare();
        var data = datasets.Load(spec.Dataset);
        var model = ModelBlueprint.Of(spec, data.Train.Shape, data.Train.Classes);
        return new JobPreparation(model.Layout, data.Train.Count, data.Test.Count, data.Fingerprint);
    });
}

using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Reads what is told of an example.</summary>
/// <param name="keys">Looks keys up.</param>
/// <param name="findings">Receives the problems.</param>
internal sealed class TaskSection(KeyReader keys, Findings findings)
{
    /// <summary>The task of a dataset that is nothing else yet, or null when something is wrong with it.</summary>
    /// <param name="dataset">The dataset's name, null when something is wrong with that.</param>
    /// <param name="seed">The job's, null when something is wrong with that.</param>
    public DatasetRecipe? Read(string? dataset, long? seed)
    {
        var hasText = dataset is DatasetNames.Text;
        var task = keys.IsGiven(TaskKeys.Name) ? keys.Text(TaskKeys.Name) : hasText ? TaskNames.NextToken : TaskNames.Classification;
        var (classification, regression, masking) = (Classification(dataset), Regression(), Masking(seed));
        if (task is null || dataset is null)
            return null;
        if (hasText == task is TaskNames.Classification or TaskNames.Regression)
        {
            Refuse(TaskKeys.Name, hasText
                ? $"text has no {(task is TaskNames.Regression ? "numbers to tell" : "classes")}; give {TaskNames.NextToken} or {TaskNames.MaskedToken}"
                : $"{task} is told of text, and {dataset} has none; leave it out, or give dataset.name: {DatasetNames.Text}");
        }

        if (task is TaskNames.Regression && !hasText && dataset is not DatasetNames.Csv)
            Refuse(TaskKeys.Name, $"{task} tells a number of a row, and {dataset} has images of classes; leave it out, or give dataset.name: {DatasetNames.Csv}");
        foreach (var (owner, lack, options) in TaskKeys.Options)
        {
            foreach (var key in options.Where(key => task != owner && keys.IsGiven(key)))
                Refuse(key, $"{task} {lack}; leave it out, or give task.name: {owner}");
        }

        var told = new DatasetRecipe(dataset, null, null, null);
        return task switch
        {
            TaskNames.Regression => regression is null ? null : told with { Regression = regression },
            TaskNames.MaskedToken => masking is null ? null : told with { Masking = masking },
            TaskNames.Classification => classification is null ? null : told with { Classification = classification },
            _ => told,
        };
    }

    private ClassificationRecipe? Classification(string? dataset)
    {
        var smoothing = keys.IsGiven(TaskKeys.Smoothing) ? keys.Number(TaskKeys.Smoothing) : 0;
        var weights = (IReadOnlyList<double>?)keys.Value(TaskKeys.ClassWeights);
        var topK = keys.IsGiven(TaskKeys.TopK) ? keys.Count(TaskKeys.TopK) : 1;
        if (weights is { Count: 0 })
            Refuse(TaskKeys.ClassWeights, "is empty; give one number for each class, or leave it out");
        // Of other data the number of classes is known when they are read. What could not be read has its problem already.
        if (dataset is not null && DatasetNames.ClassesOf(dataset) is { } classes)
        {
            foreach (var (key, reason) in new ClassificationRecipe(0, weights ?? [], topK ?? 1).Problems(classes))
                Refuse(key == TaskKeys.TopK.Name ? TaskKeys.TopK : TaskKeys.ClassWeights, reason);
        }

        return smoothing is null || topK is null || (weights is null && keys.IsGiven(TaskKeys.ClassWeights)) ? null : new ClassificationRecipe(smoothing.Value, weights ?? [], topK.Value);
    }

    private RegressionRecipe? Regression()
    {
        var loss = keys.IsGiven(TaskKeys.Loss) ? keys.Text(TaskKeys.Loss) : RegressionLosses.Squared;
        var delta = keys.IsGiven(TaskKeys.Delta) ? keys.Number(TaskKeys.Delta) : RegressionRecipe.DefaultDelta;
        if (loss is RegressionLosses.Squared && keys.IsGiven(TaskKeys.Delta) && keys.Text(TaskKeys.Name) is TaskNames.Regression)
            Refuse(TaskKeys.Delta, $"{loss} has no bend; leave it out, or give task.loss: {RegressionLosses.Huber}");
        return loss is null || delta is null ? null : new RegressionRecipe(loss, delta.Value);
    }

    private MaskingRecipe? Masking(long? seed)
    {
        var (share, masked, random) = (Share(TaskKeys.Share, MaskingRecipe.DefaultShare), Share(TaskKeys.Masked, MaskingRecipe.DefaultMasked), Share(TaskKeys.Random, MaskingRecipe.DefaultRandom));
        if (masked + random > 1 + 1e-9)
            Refuse(keys.IsGiven(TaskKeys.Random) ? TaskKeys.Random : TaskKeys.Masked, FormattableString.Invariant($"masked {masked} and random {random} are more than all; let them add up to 1 at most"));
        return seed is null || share is null || masked is null || random is null ? null : new MaskingRecipe(share.Value, masked.Value, random.Value, seed.Value);

        double? Share(JobKey key, double otherwise) => keys.IsGiven(key) ? keys.Number(key) : otherwise;
    }

    private void Refuse(JobKey key, string rule) => findings.Add(keys.OriginOf(key.Path), key.Path, rule);
}

using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Reads what a job learns from.</summary>
/// <param name="keys">Looks keys up.</param>
/// <param name="findings">Receives the problems.</param>
internal sealed class DatasetSection(KeyReader keys, Findings findings)
{
    /// <summary>The section, or null when something is wrong with it.</summary>
    /// <param name="seed">The job's, null when something is wrong with that.</param>
    public DatasetRecipe? Read(long? seed)
    {
        var name = keys.Text(JobKeys.DatasetName);
        var path = keys.Text(JobKeys.DatasetPath);
        var header = keys.Text(JobKeys.DatasetHeader) ?? CsvHeaders.Auto;
        var label = keys.Text(JobKeys.DatasetLabel);
        var trainExamples = keys.Count(JobKeys.TrainExamples);
        var testExamples = keys.Count(JobKeys.TestExamples);
        var validation = seed is null ? null : keys.Number(JobKeys.Validation) is { } amount ? new ValidationRecipe(amount, seed.Value) : null;
        var normalize = keys.Text(JobKeys.DatasetNormalize);
        var isPathGiven = keys.IsGiven(JobKeys.DatasetPath);
        if (name is DatasetNames.Digits && isPathGiven)
            Refuse(JobKeys.DatasetPath, "digits is built in and has no path; leave it out, or name another dataset");
        if (name is not null and not DatasetNames.Digits && !isPathGiven)
            Refuse(JobKeys.DatasetPath, $"is missing; {name} needs {JobKeys.DatasetPath.Rule.Text}", at: JobKeys.DatasetName);
        // How many digits are made decides the bits, so the resolved file says it.
        if (name is DatasetNames.Digits)
            (trainExamples, testExamples) = (trainExamples ?? DatasetNames.DigitsTrainExamples, testExamples ?? DatasetNames.DigitsTestExamples);
        // Of other sets it is known when they are read.
        if (name is DatasetNames.Digits && trainExamples is { } made && validation?.WhyNot(made) is { } leaves)
        {
            Refuse(JobKeys.Validation, leaves);
            return null;
        }

        var context = keys.IsGiven(TextKeys.Context) ? keys.Count(TextKeys.Context) : DatasetNames.DefaultContext;
        var tokens = keys.IsGiven(TextKeys.Tokens) ? keys.Text(TextKeys.Tokens) : TokenKinds.Characters;
        var documents = keys.IsGiven(TextKeys.Documents) ? keys.Text(TextKeys.Documents) : DocumentLayouts.Packed;
        if (name is DatasetNames.Text && normalize is not (null or InputNormalizations.None))
            Refuse(JobKeys.DatasetNormalize, $"characters are no measurements that have a mean; leave it out");
        var (isTold, masking) = Masking(name, seed);
        if (!isTold || name is null || normalize is null || context is null || tokens is null || documents is null)
            return null;
        var dataset = new DatasetRecipe(name, path, trainExamples, testExamples, normalize) { Validation = validation };
        return name switch
        {
            DatasetNames.Csv => dataset with { Header = header, Label = label },
            DatasetNames.Text => dataset with { Tokens = tokens, Context = context.Value, Documents = documents, Masking = masking },
            _ => dataset,
        };
    }

    /// <summary>Whether it is told well what of a text is hidden, and that; null: nothing.</summary>
    private (bool IsTold, MaskingRecipe? Masking) Masking(string? dataset, long? seed)
    {
        var task = keys.IsGiven(TaskKeys.Name) ? keys.Text(TaskKeys.Name) : dataset is DatasetNames.Text ? TaskNames.NextToken : TaskNames.Classification;
        var shares = new[] { Share(TaskKeys.Share, MaskingRecipe.DefaultShare), Share(TaskKeys.Masked, MaskingRecipe.DefaultMasked), Share(TaskKeys.Random, MaskingRecipe.DefaultRandom) };
        if (task is null || dataset is null)
            return (false, null);
        if (dataset is DatasetNames.Text == task is TaskNames.Classification)
            Refuse(TaskKeys.Name, dataset is DatasetNames.Text ? $"text has no classes; give {TaskNames.NextToken} or {TaskNames.MaskedToken}" : $"{task} is told of text, and {dataset} has none; leave it out, or give dataset.name: {DatasetNames.Text}");
        if (task is not TaskNames.MaskedToken)
        {
            foreach (var key in new[] { TaskKeys.Share, TaskKeys.Masked, TaskKeys.Random }.Where(keys.IsGiven))
                Refuse(key, $"{task} hides no tokens; leave it out, or give task.name: {TaskNames.MaskedToken}");
            return (true, null);
        }

        if (shares[1] + shares[2] > 1 + 1e-9)
            Refuse(keys.IsGiven(TaskKeys.Random) ? TaskKeys.Random : TaskKeys.Masked, FormattableString.Invariant($"masked {shares[1]} and random {shares[2]} are more than all; let them add up to 1 at most"));
        return seed is null || shares.Contains(null) ? (false, null) : (true, new MaskingRecipe(shares[0]!.Value, shares[1]!.Value, shares[2]!.Value, seed.Value));

        double? Share(JobKey key, double otherwise) => keys.IsGiven(key) ? keys.Number(key) : otherwise;
    }

    private void Refuse(JobKey key, string rule, JobKey? at = null) => findings.Add(keys.OriginOf((at ?? key).Path), key.Path, rule);
}

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
        var length = keys.Count(TextKeys.Length);
        var tokens = keys.IsGiven(TextKeys.Tokens) ? keys.Text(TextKeys.Tokens) : TokenKinds.Characters;
        var documents = keys.IsGiven(TextKeys.Documents) ? keys.Text(TextKeys.Documents) : DocumentLayouts.Packed;
        var vocabularySize = VocabularySize(name, tokens, documents);
        var vocabularySha256 = keys.Text(TextKeys.VocabularySha256);
        if (name is not null && tokens is not null && keys.IsGiven(TextKeys.VocabularySha256) && !(name is DatasetNames.Text && TokenKinds.HaveVocabulary(tokens)))
            Refuse(TextKeys.VocabularySha256, $"{(name is DatasetNames.Text ? tokens : name)} has no vocabulary of its own; leave it out, or give dataset.tokens: {TokenKinds.WordPiece} or {TokenKinds.BytePair}");
        if (name is DatasetNames.Text && normalize is not (null or InputNormalizations.None))
            Refuse(JobKeys.DatasetNormalize, "characters are no measurements that have a mean; leave it out");
        if (name is not DatasetNames.Text || documents is DocumentLayouts.Padded || length == context)
            length = null;
        if (length > context)
            Refuse(TextKeys.Length, $"is more than dataset.context, {context}, for which a model has places; give at most that");
        var task = new TaskSection(keys, findings).Read(name, seed);
        if (task is null || name is null || normalize is null || context is null || tokens is null || documents is null)
            return null;
        var dataset = task with { Name = name, Path = path, TrainExamples = trainExamples, TestExamples = testExamples, Normalize = normalize, Validation = validation };
        return name switch
        {
            DatasetNames.Csv => dataset with { Header = header, Label = label },
            DatasetNames.Text => dataset with { Tokens = tokens, VocabularySize = vocabularySize, VocabularySha256 = vocabularySha256, Context = context.Value, Length = length, Documents = documents },
            _ => dataset,
        };
    }

    /// <summary>How many different tokens there are, where the job has to say it.</summary>
    private int? VocabularySize(string? name, string? tokens, string? documents)
    {
        var size = keys.Count(TextKeys.VocabularySize);
        if (name is null || tokens is null)
            return null;
        if (name is not DatasetNames.Text || !TokenKinds.AreNumbers(tokens))
        {
            if (keys.IsGiven(TextKeys.VocabularySize))
                Refuse(TextKeys.VocabularySize, name is DatasetNames.Text ? $"{tokens} say it themselves; leave it out, or give dataset.tokens: {TokenKinds.UInt16}" : $"{name} has no tokens; leave it out");
            return null;
        }

        if (!keys.IsGiven(TextKeys.VocabularySize))
            Refuse(TextKeys.VocabularySize, $"is missing; {tokens} needs {TextKeys.VocabularySize.Rule.Text}: how many different tokens there are", at: TextKeys.Tokens);
        if (tokens is TokenKinds.UInt16 && size > ushort.MaxValue + 1)
            Refuse(TextKeys.VocabularySize, $"{size} is more than 16 bits have; give at most {ushort.MaxValue + 1}, or dataset.tokens: {TokenKinds.UInt32}");
        if (documents is DocumentLayouts.Padded)
            Refuse(TextKeys.Documents, $"{tokens} has no lines to pad; leave it out, or give {DocumentLayouts.Packed}");
        return size;
    }

    private void Refuse(JobKey key, string rule, JobKey? at = null) => findings.Add(keys.OriginOf((at ?? key).Path), key.Path, rule);
}

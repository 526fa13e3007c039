using DistTrain.Recipes;
using DistTrain.Torch.Data.Digits;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Data.Files;

namespace DistTrain.Torch.Data;

/// <summary>Reads the data that a job names.</summary>
public static class DatasetReader
{
    /// <summary>Reads both sets into memory, and sets apart what is to be; files are checked whole, also where the job uses only the first examples.</summary>
    /// <exception cref="DatasetException">The name is unknown, the path is missing, or a file is missing or unsound.</exception>
    public static Dataset Read(DatasetRecipe recipe)
    {
        RequirePositive("dataset.trainExamples", recipe.TrainExamples);
        RequirePositive("dataset.testExamples", recipe.TestExamples);
        var whole = ReadWhole(recipe);
        List<string> problems = whole.Train.HasTokens || recipe.Regression is not null ? [] : [.. recipe.Classification.Problems(whole.Train.Classes).Select(problem => $"task.{problem.Key}: {problem.Reason}.")];
        if (problems.Count > 0)
            throw new DatasetException(string.Join(" ", problems));
        return whole.Weighted(recipe.Classification.Weights).With(recipe.Validation);
    }

    private static Dataset ReadWhole(DatasetRecipe recipe)
    {
        if (recipe.Name == DatasetNames.Digits)
            return Dataset.Of(SyntheticDigits.Train(recipe.TrainExamples), SyntheticDigits.Test(recipe.TestExamples));

        var paths = FilesOf(recipe);
        var files = new DatasetFiles(FolderOf(recipe));
        if (recipe.Name == DatasetNames.Text)
        {
            var (texts, judged, vocabulary) = ReadText(paths, recipe, files);
            return Dataset.Of(Cap(texts, recipe.TrainExamples), Cap(judged, recipe.TestExamples), vocabulary) with { Files = files.Digests };
        }

        TableColumns? columns = null;
        var (train, test) = recipe.Name switch
        {
            DatasetNames.Mnist => MnistReader.Read(paths, files),
            DatasetNames.Cifar10 => Cifar10Reader.Read(paths, files),
            _ => ReadTable(),
        };
        return Dataset.Of(Cap(train, recipe.TrainExamples), Cap(test, recipe.TestExamples)) with { Files = files.Digests, Columns = columns };

        (ExampleSet Train, ExampleSet Test) ReadTable()
        {
            (var trainRows, var testRows, columns) = CsvReader.Read(paths, recipe, files);
            return (trainRows, testRows);
        }
    }

    /// <summary>Reads the test set alone: to evaluate a model that is there needs no training set, and its classes are the model's.</summary>
    /// <exception cref="DatasetException">As for <see cref="Read"/>.</exception>
    public static ExampleSet ReadTest(DatasetRecipe recipe)
    {
        RequirePositive("dataset.testExamples", recipe.TestExamples);
        if (recipe.Name == DatasetNames.Digits)
            return SyntheticDigits.Test(recipe.TestExamples).Weighted(recipe.Classification.Weights);

        var test = recipe.Name switch
        {
            DatasetNames.Mnist => MnistReader.ReadTest(FolderOf(recipe)),
            DatasetNames.Cifar10 => Cifar10Reader.ReadTest(FolderOf(recipe)),
            DatasetNames.Csv => CsvReader.ReadTest(FolderOf(recipe), recipe),
            // What the tokens are, the training set says.
            DatasetNames.Text => ReadText(FilesOf(recipe), recipe, new DatasetFiles(FolderOf(recipe))).Test,
            _ => throw Unknown(recipe),
        };
        return Cap(test, recipe.TestExamples).Weighted(recipe.Classification.Weights);
    }

    /// <summary>The full paths of the files that <see cref="Read"/> reads; none for what is built in.</summary>
    /// <exception cref="DatasetException">The name is unknown, the path is missing, or a file is missing.</exception>
    internal static IReadOnlyList<string> FilesOf(DatasetRecipe recipe) => recipe.Name switch
    {
        DatasetNames.Digits => [],
        DatasetNames.Mnist => MnistReader.FilesIn(FolderOf(recipe)),
        DatasetNames.Cifar10 => Cifar10Reader.FilesIn(FolderOf(recipe)),
        DatasetNames.Csv => CsvReader.FilesIn(FolderOf(recipe)),
        DatasetNames.Text => recipe.Tokens switch
        {
            TokenKinds.UInt16 or TokenKinds.UInt32 => TokenFiles.FilesIn(FolderOf(recipe)),
            TokenKinds.WordPiece => WordPieceFiles.FilesIn(FolderOf(recipe)),
            TokenKinds.BytePair => BytePairFiles.FilesIn(FolderOf(recipe)),
            _ => TextFiles.FilesIn(FolderOf(recipe)),
        },
        _ => throw Unknown(recipe),
    };

    private static (ExampleSet Train, ExampleSet Test, Vocabulary Vocabulary) ReadText(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files) =>
        recipe.Tokens switch
        {
            TokenKinds.UInt16 or TokenKinds.UInt32 => TokenFiles.Read(paths, recipe, files),
            TokenKinds.WordPiece => WordPieceFiles.Read(paths, recipe, files),
            TokenKinds.BytePair => BytePairFiles.Read(paths, recipe, files),
            _ => TextFiles.Read(paths, recipe, files),
        };

    private static DatasetException Unknown(DatasetRecipe recipe) =>
        new($"dataset.name: expected {string.Join(", ", DatasetNames.All)}, found '{recipe.Name}'. Name one of these.");

    private static string FolderOf(DatasetRecipe recipe) => string.IsNullOrWhiteSpace(recipe.Path)
        ? throw new DatasetException($"dataset.path: expected the folder of the {recipe.Name} files, found nothing. Set dataset.path.")
        : Path.GetFullPath(recipe.Path);

    private static ExampleSet Cap(ExampleSet set, int? count) => count is { } n ? set.First(n) : set;

    private static void RequirePositive(string key, int? count)
    {
        if (count < 1)
            throw new DatasetException($"{key}: expected at least 1, found {count}. Leave it out to take all examples.");
    }
}

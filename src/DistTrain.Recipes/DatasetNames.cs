namespace DistTrain.Recipes;

/// <summary>The data sets by the names of the job file.</summary>
public static class DatasetNames
{
    /// <summary>Synthetic digits, built in: needs no files.</summary>
    public const string Digits = "digits";

    /// <summary>IDX files, plain or .gz.</summary>
    public const string Mnist = "mnist";

    /// <summary>The binary version.</summary>
    public const string Cifar10 = "cifar10";

    public const string Csv = "csv";

    /// <summary>Characters, each to be told from those before it.</summary>
    public const string Text = "text";

    /// <summary>Most different tokens: they come to the embedding as float32, which has all whole numbers so far.</summary>
    public const int MostTokens = 1 << 24;

    /// <summary>Characters that an example of text has, unless the job says otherwise.</summary>
    public const int DefaultContext = 128;

    /// <summary>Size of the training set of digits unless the job says otherwise.</summary>
    public const int DigitsTrainExamples = 8000;

    /// <summary>Size of the test set of digits unless the job says otherwise.</summary>
    public const int DigitsTestExamples = 2000;

    /// <summary>Classes of a dataset that always has as many; null where the data say it.</summary>
    public static int? ClassesOf(string name) => name is Digits or Mnist or Cifar10 ? 10 : null;

    public static IReadOnlyList<string> All { get; } = [Digits, Mnist, Cifar10, Csv, Text];
}

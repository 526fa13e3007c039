using System.Security.Cryptography;
using DistTrain.Optimization.Order;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data;

/// <summary>What a job trains on and what it is judged by.</summary>
/// <param name="Train">Training set.</param>
/// <param name="Test">Test set; the same shape and classes.</param>
/// <param name="Fingerprint">
/// SHA-256 over shapes, labels and features of both sets, lower-case hex: every silo of a job must hold the same data, and a
/// job resumed later too. It depends neither on how the files were packed, nor on what is set apart: that the job says.
/// </param>
public sealed record Dataset(ExampleSet Train, ExampleSet Test, string Fingerprint)
{
    /// <summary>What is set apart of the training set, which is without it then; null: nothing.</summary>
    public ExampleSet? Validation { get; init; }

    /// <summary>SHA-256, lower-case hex, of each file that was read, by its path in the dataset's folder; empty for what is built in.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Tables: how their columns were understood; null for images.</summary>
    public TableColumns? Columns { get; init; }

    /// <summary>Text: what each token stands for; null for others.</summary>
    public Vocabulary? Vocabulary { get; init; }

    /// <summary>Joins two sets and takes their fingerprint.</summary>
    /// <param name="train">Training set.</param>
    /// <param name="test">Test set.</param>
    /// <param name="vocabulary">Text: what each token stands for.</param>
    /// <exception cref="ArgumentException">Shape or number of classes differ.</exception>
    public static Dataset Of(ExampleSet train, ExampleSet test, Vocabulary? vocabulary = null)
    {
        if (!train.Shape.SequenceEqual(test.Shape) || train.Classes != test.Classes)
            throw new ArgumentException($"training set ([{string.Join(", ", train.Shape)}], {train.Classes} classes) and test set ([{string.Join(", ", test.Shape)}], {test.Classes} classes) differ", nameof(test));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        train.AppendTo(hash);
        test.AppendTo(hash);
        vocabulary?.AppendTo(hash);
        return new Dataset(train, test, Convert.ToHexStringLower(hash.GetHashAndReset())) { Vocabulary = vocabulary };
    }

    /// <summary>The same with what an example of each class counts in sums; empty: all the same.</summary>
    public Dataset Weighted(IReadOnlyList<double> weights) => this with { Train = Train.Weighted(weights), Test = Test.Weighted(weights) };

    /// <summary>The same with some training examples set apart.</summary>
    /// <exception cref="DatasetException">None would be, or none left to train on.</exception>
    public Dataset With(ValidationRecipe? validation)
    {
        if (validation is null)
            return this;
        if (validation.WhyNot(Train.Count) is { } reason)
            throw new DatasetException($"dataset.validation: {reason}.");
        var (kept, apart) = Permutation.Split(validation.Seed, Train.Count, validation.Of(Train.Count));
        return this with { Train = Train.Only(kept), Validation = Train.Only(apart) };
    }
}

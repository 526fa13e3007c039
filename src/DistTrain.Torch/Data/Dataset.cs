using System.Security.Cryptography;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data;

/// <summary>What a job trains on and what it is judged by.</summary>
/// <param name="Train">Training set.</param>
/// <param name="Test">Test set; the same shape and classes.</param>
/// <param name="Fingerprint">
/// SHA-256 over shapes, labels and features of both sets, lower-case hex: every silo of a job must hold the same data, and a
/// job resumed later too. It does not depend on how the files were packed.
/// </param>
public sealed record Dataset(ExampleSet Train, ExampleSet Test, string Fingerprint)
{
    /// <summary>SHA-256, lower-case hex, of each file that was read, by its path in the dataset's folder; empty for what is built in.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Tables: how their columns were understood; null for images.</summary>
    public TableColumns? Columns { get; init; }

    /// <summary>Joins two sets and takes their fingerprint.</summary>
    /// <exception cref="ArgumentException">Shape or number of classes differ.</exception>
    public static Dataset Of(ExampleSet train, ExampleSet test)
    {
        if (!train.Shape.SequenceEqual(test.Shape) || train.Classes != test.Classes)
            throw new ArgumentException($"training set ([{string.Join(", ", train.Shape)}], {train.Classes} classes) and test set ([{string.Join(", ", test.Shape)}], {test.Classes} classes) differ", nameof(test));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        train.AppendTo(hash);
        test.AppendTo(hash);
        return new Dataset(train, test, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

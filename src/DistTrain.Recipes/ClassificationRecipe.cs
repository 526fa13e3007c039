using System.Globalization;

namespace DistTrain.Recipes;

/// <summary>How a class is told.</summary>
/// <param name="Smoothing">ε: share of a label that goes to all classes alike.</param>
/// <param name="Weights">What an example of each class counts, in their order; empty: all the same.</param>
/// <param name="TopK">An example counts as told where its class is among so many highest scores, beside the accuracy; 1: nothing is counted beside it.</param>
public sealed record ClassificationRecipe(double Smoothing, IReadOnlyList<double> Weights, int TopK)
{
    /// <summary>Of a job that says nothing.</summary>
    public static ClassificationRecipe Plain { get; } = new(0, [], 1);

    /// <summary>The keys whose values do not go with so many classes, each with the reason.</summary>
    public IEnumerable<(string Key, string Reason)> Problems(int classes)
    {
        if (Weights.Count > 0 && Weights.Count != classes)
            yield return ("classWeights", string.Create(CultureInfo.InvariantCulture, $"has {Weights.Count} numbers, and the data have {classes} classes; give one for each, in their order"));
        if (TopK > classes)
            yield return ("topK", string.Create(CultureInfo.InvariantCulture, $"{TopK} is above the data's {classes} classes, where every example is among the highest; give at most {classes}"));
    }

    /// <summary>By value: a dataset is kept for all that read it the same way.</summary>
    public bool Equals(ClassificationRecipe? other) =>
        other is not null && Smoothing == other.Smoothing && TopK == other.TopK && Weights.SequenceEqual(other.Weights);

    /// <inheritdoc/>
    public override int GetHashCode() => Weights.Aggregate(HashCode.Combine(Smoothing, TopK), HashCode.Combine);
}

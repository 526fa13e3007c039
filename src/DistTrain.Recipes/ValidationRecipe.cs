namespace DistTrain.Recipes;

/// <summary>What of the training set is set apart, so that choices need not look at the test set.</summary>
/// <param name="Amount">Below 1 a share of the training set, from 1 on examples.</param>
/// <param name="Seed">The job's: it says which.</param>
public sealed record ValidationRecipe(double Amount, long Seed)
{
    /// <summary>How many of so many examples.</summary>
    public int Of(int examples) => (int)Math.Min(int.MaxValue, Amount < 1 ? Math.Round(Amount * examples, MidpointRounding.AwayFromZero) : Amount);

    /// <summary>Why so many examples can't be split so, in words for the user; null: they can.</summary>
    public string? WhyNot(int examples)
    {
        var apart = Of(examples);
        return apart >= 1 && apart < examples
            ? null
            : FormattableString.Invariant($"{Amount:0.###############} sets {apart} of {examples} training examples apart, which leaves none to {(apart < 1 ? "validate with" : "train on")}; give a share below 1, or a count below {examples}");
    }
}

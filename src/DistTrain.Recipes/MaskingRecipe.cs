namespace DistTrain.Recipes;

/// <summary>Which tokens of a text are to be told, and what stands in their places.</summary>
/// <param name="Share">Of an example's tokens those that are to be told.</param>
/// <param name="Masked">Of these, those in whose place stands the mask token.</param>
/// <param name="Random">Of these, those in whose place stands any token; the others stay.</param>
/// <param name="Seed">The job's: it says which.</param>
public sealed record MaskingRecipe(double Share, double Masked, double Random, long Seed)
{
    public const double DefaultShare = 0.15;

    public const double DefaultMasked = 0.8;

    public const double DefaultRandom = 0.1;

    /// <summary>How many of so many tokens are to be told: at least one.</summary>
    public int Of(int tokens) => Math.Max(1, (int)Math.Round(Share * tokens));
}

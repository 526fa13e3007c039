using DistTrain.Optimization.Randomness;
using DistTrain.Recipes;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// Which tokens of an example are to be told, and what stands in their places (1810.04805, section 3.1): max(1, round(share · n)) of n tokens that are not
/// special, each as likely as any other; of none none. A function of (seed, group, epoch, example), whoever trains on it; in evaluation of (seed, example), so that versions are judged by the same.
/// </summary>
/// <param name="Recipe">The shares.</param>
/// <param name="Vocabulary">Has a mask.</param>
internal sealed record Masks(MaskingRecipe Recipe, Vocabulary Vocabulary)
{
    /// <summary>Group and epoch of the draw; of evaluation no epoch.</summary>
    public (int Group, int Epoch) Turn { get; init; } = (0, -1);

    /// <summary>How many of an example's tokens are to be told: no draw decides it.</summary>
    public int CountOf(ReadOnlySpan<int> run) => Vocabulary.OrdinaryIn(run) is > 0 and var ordinary ? Recipe.Of(ordinary) : 0;

    /// <summary>The same of so many tokens where none is special.</summary>
    public int CountOf(int tokens) => Recipe.Of(tokens);

    /// <summary>Writes what stands in the places of an example's chosen tokens, and the tokens that are to be told there.</summary>
    /// <param name="example">Its number.</param>
    /// <param name="run">Its tokens.</param>
    /// <param name="inputs">Has them; empty: nobody asks.</param>
    /// <param name="labels">Has none; empty: nobody asks.</param>
    public void Apply(int example, ReadOnlySpan<int> run, Span<float> inputs, Span<long> labels)
    {
        var random = new CounterRandom(Recipe.Seed, Draw.Masks, Turn.Group, Turn.Epoch, example);
        var (left, wanted) = (Vocabulary.OrdinaryIn(run), CountOf(run));
        for (var place = 0; wanted > 0; place++)
        {
            if ((Vocabulary.HasSpecialText && Vocabulary.IsSpecial(run[place])) || random.NextBelow(left--) >= wanted)
                continue;
            wanted--;
            var stands = InPlaceOf(run[place], ref random);
            if (!inputs.IsEmpty)
                inputs[place] = stands;
            if (!labels.IsEmpty)
                labels[place] = run[place];
        }
    }

    private int InPlaceOf(int token, ref CounterRandom random)
    {
        var chance = random.NextDouble();
        return chance < Recipe.Masked ? Vocabulary.Mask!.Value : chance < Recipe.Masked + Recipe.Random ? Vocabulary.Ordinary(random.NextBelow(Vocabulary.OrdinaryCount)) : token;
    }
}

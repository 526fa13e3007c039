using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Examples;

[Trait("Kind", "Fast")]
public sealed class MasksTests
{
    private const int Context = 40;

    private const int Ordinary = 50;

    private static readonly Vocabulary Letters = new Vocabulary([.. Enumerable.Range(0, Ordinary).Select(i => ((char)('A' + i)).ToString())]).WithMask();

    /// <summary>The shares of 1810.04805: 15 % of the tokens; of these 80 %, 10 % and 10 %.</summary>
    [Fact]
    public void Shares_are_those_that_were_asked_for()
    {
        var set = Set(examples: 2000, new MaskingRecipe(0.15, 0.8, 0.1, Seed: 3));
        var (hidden, other, kept, places) = (0, 0, 0, new int[Context]);
        foreach (var (example, place, stands, label) in Told(set))
        {
            Assert.Equal(Token(example, place), label);
            Assert.True(stands < Ordinary || stands == Letters.Mask, "padding is never put in");
            hidden += stands == Letters.Mask ? 1 : 0;
            kept += stands == label ? 1 : 0;
            other += stands < Ordinary && stands != label ? 1 : 0;
            places[place]++;
        }

        const double told = 2000 * 6;
        Assert.Equal(told, hidden + other + kept);
        Assert.Equal(6, set.Whole.Targets);
        Assert.Equal(0.8, hidden / told, 0.015);
        // Of fifty tokens one is the same.
        Assert.Equal(0.1 * 49 / 50, other / told, 0.01);
        Assert.All(places, count => Assert.InRange(count, 300 - 75, 300 + 75));
    }

    [Fact]
    public void What_is_not_told_is_as_it_was()
    {
        var set = Set(examples: 50, new MaskingRecipe(0.15, 0.8, 0.1, Seed: 3));
        var told = Told(set).Select(entry => (entry.Example, entry.Place)).ToHashSet();
        for (var example = 0; example < set.Count; example++)
        {
            var (tokens, labels) = Copied(set, example);
            for (var place = 0; place < Context; place++)
            {
                if (!told.Contains((example, place)))
                    Assert.Equal((Token(example, place), ExampleSet.NoLabel), (tokens[place], labels[place]));
            }
        }
    }

    [Fact]
    public void Each_epoch_and_group_hides_others_and_the_same_epoch_the_same()
    {
        var set = Set(examples: 20, new MaskingRecipe(0.15, 0.8, 0.1, Seed: 3));
        List<string> seen = [.. new[] { set, set.At(0, 0), set.At(0, 1), set.At(1, 0), Set(20, new MaskingRecipe(0.15, 0.8, 0.1, Seed: 4)) }.Select(Shown)];

        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(seen[2], Shown(Set(20, new MaskingRecipe(0.15, 0.8, 0.1, Seed: 3)).At(0, 1)));
        Assert.Equal(seen[0], Shown(set));
        Assert.All(seen, _ => Assert.Equal(6, set.At(0, 1).DivisorOf([1, 2]).Targets));
    }

    [Theory]
    [InlineData(0.15, 1, 1)]
    [InlineData(0.15, 3, 1)]
    [InlineData(0.15, 40, 6)]
    [InlineData(1, 7, 7)]
    public void At_least_one_token_is_told(double share, int tokens, int expected) => Assert.Equal(expected, new MaskingRecipe(share, 0.8, 0.1, 1).Of(tokens));

    [Fact]
    public void Where_nothing_is_hidden_an_epoch_is_the_set_itself()
    {
        var set = ExampleSet.OfTokens(4, 5, [0, 1, 2, 3, 4]);
        Assert.Same(set, set.At(0, 7));
    }

    private static ExampleSet Set(int examples, MaskingRecipe masking) => ExampleSet.OfMasked(
        Context, Letters, [.. Enumerable.Range(0, examples).SelectMany(example => Enumerable.Range(0, Context).Select(place => (ushort)Token(example, place)))], masking);

    private static int Token(int example, int place) => ((example * 7) + (place * place)) % Ordinary;

    private static (float[] Tokens, long[] Labels) Copied(ExampleSet set, int example)
    {
        var (tokens, labels) = (new float[Context], new long[Context]);
        set.CopyFeatures(example, tokens);
        set.CopyLabels(example, labels);
        return (tokens, labels);
    }

    private static IEnumerable<(int Example, int Place, float Stands, long Label)> Told(ExampleSet set) =>
        from example in Enumerable.Range(0, set.Count)
        let copied = Copied(set, example)
        from place in Enumerable.Range(0, Context)
        where copied.Labels[place] != ExampleSet.NoLabel
        select (example, place, copied.Tokens[place], copied.Labels[place]);

    private static string Shown(ExampleSet set) => string.Join(';', Told(set).Select(entry => $"{entry.Example} {entry.Place} {entry.Stands}"));
}

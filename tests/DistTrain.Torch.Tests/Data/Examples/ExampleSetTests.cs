using CsCheck;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Examples;

[Trait("Kind", "Fast")]
public sealed class ExampleSetTests
{
    [Fact]
    public void Pixels_are_divided_by_255_to_the_last_bit_for_any_length() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[1, 4]).SelectMany(size => Gen.Byte.Array[size.Item1 * size.Item2].Select(pixels => (size.Item1, pixels))).Sample(sample =>
        {
            var (features, pixels) = sample;
            var set = ExampleSet.OfPixels([features], classes: 1, pixels, new int[pixels.Length / features]);
            var copied = new float[features];
            for (var i = 0; i < set.Count; i++)
            {
                set.CopyFeatures(i, copied);
                if (!copied.SequenceEqual(pixels.Skip(i * features).Take(features).Select(pixel => pixel / 255f)))
                    return false;
            }

            return true;
        });

    [Fact]
    public void Values_come_back_as_they_are()
    {
        var set = ExampleSet.OfValues([2], classes: 3, [1.5f, -2, 0, 1e30f], [2, 0]);
        var copied = new float[3];
        set.CopyFeatures(1, copied);
        Assert.Equal([0, 1e30f, 0], copied);
        Assert.Equal((2, 2, 3), (set.Count, set.Features, set.Classes));
        Assert.Equal((2, 0), (set.Label(0), set.Label(1)));
    }

    [Fact]
    public void First_keeps_the_first_examples()
    {
        var set = ExampleSet.OfPixels([1, 1, 2], classes: 3, [0, 51, 102, 153, 204, 255], [0, 1, 2]);
        var first = set.First(2);
        var copied = new float[2];
        first.CopyFeatures(1, copied);
        Assert.Equal((2, 1, 3), (first.Count, first.Label(1), first.Classes));
        Assert.Equal([0.4f, 0.6f], copied);
        Assert.Same(set, set.First(3));
        Assert.Equal(2, ExampleSet.OfValues([1], classes: 1, [1, 2, 3], [0, 0, 0]).First(2).Count);
    }

    [Fact]
    public void Refuses_what_does_not_fit()
    {
        Assert.Throws<ArgumentException>(() => ExampleSet.OfPixels([2], classes: 2, [1, 2, 3], [0]));
        Assert.Throws<ArgumentException>(() => ExampleSet.OfPixels([2, 0], classes: 2, [], [0]));
        Assert.Throws<ArgumentException>(() => ExampleSet.OfPixels([1], classes: 2, [1, 2], [0, 2]));
        Assert.Throws<ArgumentException>(() => ExampleSet.OfPixels([1], classes: 2, [1, 2], [0, -1]));
        var set = ExampleSet.OfPixels([2], classes: 2, [1, 2], [0]);
        Assert.Throws<ArgumentException>(() => set.CopyFeatures(0, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.CopyFeatures(1, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.CopyFeatures(-1, new float[2]));
    }
}

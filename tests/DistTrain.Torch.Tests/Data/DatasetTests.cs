using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data;

[Trait("Kind", "Fast")]
public sealed class DatasetTests
{
    private static ExampleSet Pixels(byte last = 4, int label = 1, int classes = 2, int[]? shape = null) =>
        ExampleSet.OfPixels(shape ?? [1, 2], classes, [1, 2, 3, last], [0, label]);

    [Fact]
    public void Equal_contents_have_equal_fingerprints()
    {
        Assert.Equal(Dataset.Of(Pixels(), Pixels()).Fingerprint, Dataset.Of(Pixels(), Pixels()).Fingerprint);
        Assert.Matches("^[0-9a-f]{64}$", Dataset.Of(Pixels(), Pixels()).Fingerprint);
    }

    [Fact]
    public void Any_difference_changes_the_fingerprint()
    {
        string[] fingerprints =
        [
            Dataset.Of(Pixels(), Pixels()).Fingerprint,
            Dataset.Of(Pixels(last: 5), Pixels()).Fingerprint,
            Dataset.Of(Pixels(), Pixels(last: 5)).Fingerprint,
            Dataset.Of(Pixels(label: 0), Pixels()).Fingerprint,
            Dataset.Of(Pixels(classes: 3), Pixels(classes: 3)).Fingerprint,
            Dataset.Of(Pixels(shape: [2, 1]), Pixels(shape: [2, 1])).Fingerprint,
            Dataset.Of(Pixels().First(1), Pixels()).Fingerprint,
            Dataset.Of(Values(4), Values(4)).Fingerprint,
            Dataset.Of(Values(5), Values(4)).Fingerprint,
        ];
        Assert.Distinct(fingerprints);

        static ExampleSet Values(float last) => ExampleSet.OfValues([1, 2], classes: 2, [1, 2, 3, last], [0, 1]);
    }

    /// <summary>Silos of other releases must agree: the digest of the documented order, computed apart in Python.</summary>
    [Fact]
    public void The_fingerprint_of_known_contents_is_known() =>
        Assert.Equal("3469d3ce085523253d8d78a121d46e038b0100d33083e4d10ddc169e7367c44b", Dataset.Of(Pixels(), Pixels(last: 5)).Fingerprint);

    [Fact]
    public void Sets_of_different_shape_or_classes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Dataset.Of(Pixels(), Pixels(shape: [2, 1])));
        Assert.Throws<ArgumentException>(() => Dataset.Of(Pixels(), Pixels(classes: 3)));
    }
}

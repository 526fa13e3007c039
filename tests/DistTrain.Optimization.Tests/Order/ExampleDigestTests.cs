using CsCheck;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Order;

[Trait("Kind", "Fast")]
public sealed class ExampleDigestTests
{
    /// <summary>Python: hashlib.sha256(struct.pack('&lt;5i', 3, 1, 4, 1, 59999)).hexdigest()[:16].</summary>
    [Fact]
    public void It_is_what_sha256sum_prints_first() => Assert.Equal("3ea94b50d2704f46", $"{ExampleDigest.Of([3, 1, 4, 1, 59999]):x16}");

    [Fact]
    public void No_examples_have_the_digest_of_nothing() => Assert.Equal("e3b0c44298fc1c14", $"{ExampleDigest.Of([]):x16}");

    [Fact]
    public void Pieces_give_the_digest_of_the_whole_and_the_next_begins_anew() =>
        Gen.Select(Gen.Int.Array[0, 50], Gen.Int[0, 50]).Sample((examples, cut) =>
        {
            using var digest = new ExampleDigest();
            for (var round = 0; round < 2; round++)
            {
                digest.Add(examples.AsSpan(0, Math.Min(cut, examples.Length)));
                digest.Add(examples.AsSpan(Math.Min(cut, examples.Length)));
                if (digest.Take() != ExampleDigest.Of(examples))
                    return false;
            }

            return true;
        });

    [Fact]
    public void Another_order_is_another_digest() => Assert.NotEqual(ExampleDigest.Of([1, 2]), ExampleDigest.Of([2, 1]));
}

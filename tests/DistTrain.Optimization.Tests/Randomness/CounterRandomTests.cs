using CsCheck;
using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Tests.Randomness;

[Trait("Kind", "Fast")]
public sealed class CounterRandomTests
{
    /// <summary>The known answers for philox4x32 with 10 rounds of Random123 1.14 (kat_vectors).</summary>
    [Theory]
    [InlineData(
        new[] { 0u, 0u, 0u, 0u }, new[] { 0u, 0u },
        new[] { 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u })]
    [InlineData(
        new[] { 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu }, new[] { 0xffffffffu, 0xffffffffu },
        new[] { 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu })]
    [InlineData(
        new[] { 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u }, new[] { 0xa4093822u, 0x299f31d0u },
        new[] { 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u })]
    public void Philox_gives_the_known_answers(uint[] counter, uint[] key, uint[] expected)
    {
        var block = CounterRandom.Philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
        uint[] words = [block[0], block[1], block[2], block[3]];
        Assert.Equal(expected, words);
    }

    [Fact]
    public void Streams_of_neighbouring_coordinates_differ() =>
        Gen.Select(Gen.Long[0, 1L << 40], Gen.Int[0, 1000], Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((seed, first, second, third) =>
        {
            ulong[] heads =
            [
                Head(new CounterRandom(seed, Draw.Dropout, first, second, third)),
                Head(new CounterRandom(seed, Draw.Initialization, first, second, third)),
                Head(new CounterRandom(seed + 1, Draw.Dropout, first, second, third)),
                Head(new CounterRandom(seed, Draw.Dropout, first + 1, second, third)),
                Head(new CounterRandom(seed, Draw.Dropout, first, second + 1, third)),
                Head(new CounterRandom(seed, Draw.Dropout, first, second, third + 1)),
            ];
            return heads.Distinct().Count() == heads.Length;
        });

    [Fact]
    public void NextBelow_stays_below_its_bound() =>
        Gen.Select(Gen.Long, Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
        {
            var random = new CounterRandom(seed, Draw.Permutation);
            for (var i = 0; i < 20; i++)
            {
                var value = random.NextBelow(bound);
                if (value < 0 || value >= bound)
                    return false;
            }

            return true;
        });

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        const int count = 200_000;
        var random = new CounterRandom(seed: 11, Draw.Initialization);
        double uniform = 0, single = 0, normal = 0, square = 0;
        for (var i = 0; i < count; i++)
        {
            uniform += random.NextDouble();
            single += random.NextSingle();
            var x = random.NextNormal();
            normal += x;
            square += x * x;
        }

        // Five standard deviations of each mean over 200,000 draws.
        Assert.Equal(0.5, uniform / count, 0.0033);
        Assert.Equal(0.5, single / count, 0.0033);
        Assert.Equal(0.0, normal / count, 0.0112);
        Assert.Equal(1.0, square / count, 0.0159);
    }

    private static ulong Head(CounterRandom random) => ((ulong)random.NextUInt32() << 32) | random.NextUInt32();
}

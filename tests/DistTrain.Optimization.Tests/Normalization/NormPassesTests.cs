using CsCheck;
using DistTrain.Optimization.Normalization;

namespace DistTrain.Optimization.Tests.Normalization;

[Trait("Kind", "Fast")]
public class NormPassesTests
{
    /// <summary>Planes below, at and above a vector, and values far from 0.</summary>
    private static readonly Gen<(ChannelBlock Block, float[] X, float[] Dy)> _inputs =
        from block in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 21], (examples, channels, size) => new ChannelBlock(examples, channels, size))
        from far in Gen.Int[0, 2].Select(i => new[] { 0f, 100f, -30_000f }[i])
        from x in Gen.Float[-2, 2].Array[(int)block.Count * block.Channels]
        from dy in Gen.Float[-2, 2].Array[(int)block.Count * block.Channels]
        select (block, x.Select(value => value + far).ToArray(), dy);

    [Fact]
    public void Moments_are_those_of_each_channels_values() => _inputs.Sample(input =>
    {
        var moments = NormPasses.Moments(input.X, input.Block);
        Assert.Equal(input.Block.Count, moments.Count);
        for (var channel = 0; channel < input.Block.Channels; channel++)
        {
            double[] values = [.. Indices(input.Block, channel).Select(i => (double)input.X[i])];
            var mean = values.Average();
            Assert.Equal(mean, moments.Mean[channel], 1e-9);
            Assert.Equal(values.Sum(value => (value - mean) * (value - mean)), moments.SquaredDeviations[channel], 1e-8);
        }
    });

    [Fact]
    public void No_examples_have_no_moments() => Assert.Equal(0, NormPasses.Moments([], new ChannelBlock(0, 3, 9)).Count);

    [Fact]
    public void What_is_not_finite_is_told_in_its_channel_alone()
    {
        var x = new float[2 * 2 * 9];
        x[(1 * 18) + 9 + 4] = float.PositiveInfinity;
        var moments = NormPasses.Moments(x, new ChannelBlock(2, 2, 9));
        Assert.Equal((0, 0), (moments.Mean[0], moments.SquaredDeviations[0]));
        Assert.False(double.IsFinite(moments.SquaredDeviations[1]));
    }

    [Fact]
    public void Passes_are_the_formulas_by_element() => _inputs.Sample(input =>
    {
        var (block, x, dy) = input;
        float[] Of(float start) => [.. Enumerable.Range(0, block.Channels).Select(channel => start + (0.25f * channel))];
        var (center, slope, offset, factor) = (Of(x[0]), Of(1.5f), Of(-0.5f), Of(0.75f));
        var (y, dx) = (new float[x.Length], new float[x.Length]);
        NormPasses.Forward(x, block, center, slope, offset, y);
        NormPasses.Backward(dy, x, block, factor, center, slope, offset, dx);
        var (gradients, products) = NormPasses.Sums(dy, x, block, center);
        for (var channel = 0; channel < block.Channels; channel++)
        {
            var (c, s, o, f) = (center[channel], slope[channel], offset[channel], factor[channel]);
            foreach (var i in Indices(block, channel))
            {
                Assert.Equal(((x[i] - c) * s) + o, y[i]);
                Assert.Equal((dy[i] * f) + ((x[i] - c) * s) + o, dx[i]);
            }

            Assert.Equal(Indices(block, channel).Sum(i => (double)dy[i]), gradients[channel], 1e-9);
            Assert.Equal(Indices(block, channel).Sum(i => dy[i] * ((double)x[i] - c)), products[channel], 1e-9);
        }
    });

    private static IEnumerable<int> Indices(ChannelBlock block, int channel) =>
        Enumerable.Range(0, block.Examples).SelectMany(example => Enumerable.Range(((example * block.Channels) + channel) * block.Size, block.Size));
}

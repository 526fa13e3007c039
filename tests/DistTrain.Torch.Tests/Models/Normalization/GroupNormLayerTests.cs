using CsCheck;
using DistTrain.Torch.Models.Normalization;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models.Normalization;

[Trait("Kind", "Fast")]
public sealed class GroupNormLayerTests
{
    [Theory]
    [InlineData(512, 32)]
    [InlineData(64, 32)]
    [InlineData(48, 24)]
    [InlineData(32, 16)]
    [InlineData(16, 8)]
    [InlineData(7, 1)]
    [InlineData(1, 1)]
    public void Channels_have_their_default_groups(int channels, int groups) => Assert.Equal(groups, GroupNormLayer.DefaultGroups(channels));

    [Fact]
    public void The_default_is_the_most_groups_that_divide_have_two_channels_and_are_at_most_the_papers() => Gen.Int[2, 5000].Sample(channels =>
    {
        var groups = GroupNormLayer.DefaultGroups(channels);
        Assert.Equal(Enumerable.Range(1, 32).Last(n => channels % n == 0 && channels / n >= 2), groups);
    });

    [Fact]
    public void Groups_of_one_channel_are_instance_normalization_and_one_group_is_layer_normalization() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[2, 5], Gen.Int[2, 4]).SelectMany(s => Gen.Double[-5, 5].Array[s.Item1 * s.Item2 * s.Item3 * s.Item3].Select(values => (Shape: s, values))).Sample(given =>
        {
            using var scope = NewDisposeScope();
            var (examples, channels, side) = given.Shape;
            var x = tensor(given.values, [examples, channels, side, side]);
            var pass = new ForwardPass { Parameters = [ones(channels, ScalarType.Float64), zeros(channels, ScalarType.Float64)], Training = true };
            var whole = new ForwardPass { Parameters = [ones(channels, side, side, dtype: ScalarType.Float64), zeros(channels, side, side, dtype: ScalarType.Float64)], Training = true };
            Assert.True(new GroupNormLayer(0, 1, channels, 1e-5).Forward(x, pass).allclose(new InstanceNormLayer(0, 1, 1e-5).Forward(x, pass), rtol: 1e-10, atol: 1e-10));
            Assert.True(new GroupNormLayer(0, 1, 1, 1e-5).Forward(x, pass).allclose(new LayerNormLayer(0, 1, 1e-5).Forward(x, whole), rtol: 1e-10, atol: 1e-10));
        });
}

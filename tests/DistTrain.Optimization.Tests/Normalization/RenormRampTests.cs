using CsCheck;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Normalization;

[Trait("Kind", "Fast")]
public class RenormRampTests
{
    /// <summary>The paper's: from 5k steps on, r to 3 at 40k and d to 5 at 25k, in a job of 100k.</summary>
    private static readonly RenormRamp Papers = new(RMax: 3, DMax: 5, Start: 0.05, REnd: 0.4, DEnd: 0.25);

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(5_000, 1, 0)]
    [InlineData(15_000, 1 + (2 * 10.0 / 35), 2.5)]
    [InlineData(22_500, 2, 4.375)]
    [InlineData(25_000, 1 + (2 * 20.0 / 35), 5)]
    [InlineData(40_000, 3, 5)]
    [InlineData(99_999, 3, 5)]
    public void The_limits_open_with_the_steps_as_in_the_paper(long step, double r, double d)
    {
        const int Batch = 32;
        const int DatasetSize = 1000;
        var limits = Papers.At(Position.After(step, Batch, DatasetSize), JobLength.Of(null, 100_000, Batch, DatasetSize), DatasetSize);
        // A last batch of an epoch is short, so a share of steps is not quite the same share of examples.
        Assert.Equal(r, limits.R, 1e-3);
        Assert.Equal(d, limits.D, 1e-2);
    }

    [Fact]
    public void A_ramp_of_no_length_is_a_step()
    {
        var ramp = new RenormRamp(3, 5, 0.5, 0.5, 0.5);
        var length = JobLength.Of(epochs: 2, null, 10, 100);
        Assert.Equal(RenormLimits.None, ramp.At(Position.Start() with { Cursor = 99 }, length, 100));
        Assert.Equal(new RenormLimits(3, 5), ramp.At(Position.Start() with { Epoch = 1 }, length, 100));
    }

    [Fact]
    public void Limits_never_close_again_and_stay_in_their_range() =>
        Gen.Select(Gen.Double[1, 10], Gen.Double[0, 10], Gen.Double[0, 1].Array[3], Gen.Int[0, 499], Gen.Int[0, 499]).Sample((rMax, dMax, shares, one, other) =>
        {
            Array.Sort(shares);
            var ramp = new RenormRamp(rMax, dMax, shares[0], shares[1], shares[2]);
            var length = JobLength.Of(epochs: 5, null, 8, 100);
            RenormLimits At(int examples) => ramp.At(new Position(0, examples / 100, examples % 100, examples, 0), length, 100);
            var (early, late) = (At(Math.Min(one, other)), At(Math.Max(one, other)));
            Assert.InRange(early.R, 1, late.R);
            Assert.InRange(early.D, 0, late.D);
            Assert.True(late.R <= rMax && late.D <= dMax);
        });
}

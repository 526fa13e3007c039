using CsCheck;
using DistTrain.Optimization.Gradients;

namespace DistTrain.Optimization.Tests.Gradients;

[Trait("Kind", "Fast")]
public class SquaredNormTests
{
    [Fact]
    public void Equals_the_plain_sum_in_double() =>
        Gen.Float[-100, 100].Array[0, 10_000].Sample(values =>
        {
            var expected = values.Sum(v => (double)v * v);
            Assert.Equal(expected, SquaredNorm.Of(values), expected * 1e-12);
        });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_shows(float value) => Assert.False(double.IsFinite(SquaredNorm.Of([1, 2, value, 3])));

    [Fact]
    public void The_largest_floats_do_not_overflow() => Assert.True(double.IsFinite(SquaredNorm.Of([float.MaxValue, float.MaxValue])));

    /// <summary>The order of addition that <see cref="SquareLanes"/> documents, one element after the other.</summary>
    [Fact]
    public void Float32_is_added_in_eight_lanes_and_float64_in_four() =>
        Gen.Float[-100, 100].Array[0, 10_000].Sample(values =>
        {
            Assert.Equal(InLanes(values, x => x, 8, c => (c[0] + c[4] + (c[1] + c[5])) + (c[2] + c[6] + (c[3] + c[7]))), SquaredNorm.Of(values));
            var wide = Array.ConvertAll(values, x => x / 3.0);
            Assert.Equal(InLanes(wide, x => x, 4, c => (c[0] + c[1]) + (c[2] + c[3])), SquaredNorm.Of<double>(wide));
        });

    private static double InLanes<T>(T[] values, Func<T, double> toDouble, int lanes, Func<double[], double> together)
    {
        var total = 0.0;
        foreach (var block in values.Chunk(SquaredNorm.BlockLength))
        {
            var squares = Array.ConvertAll(block, x => toDouble(x) * toDouble(x));
            var (sums, whole) = (new double[lanes], squares.Length / lanes * lanes);
            for (var i = 0; i < whole; i++)
                sums[i % lanes] += squares[i];
            total += squares[whole..].Aggregate(together(sums), (sum, square) => sum + square);
        }

        return total;
    }
}

using CsCheck;
using DistTrain.Optimization.Gradients;

namespace DistTrain.Optimization.Tests.Gradients;

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
}

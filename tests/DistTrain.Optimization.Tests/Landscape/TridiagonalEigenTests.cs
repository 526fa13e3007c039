using CsCheck;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class TridiagonalEigenTests
{
    /// <summary>The second difference of n points: 2 − 2 cos(kπ/(n+1)).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public void The_second_difference(int size)
    {
        var eigen = TridiagonalEigen.Of([.. Enumerable.Repeat(2.0, size)], [.. Enumerable.Repeat(-1.0, size - 1)]);
        for (var k = 1; k <= size; k++)
            Assert.Equal(2 - (2 * Math.Cos(k * Math.PI / (size + 1))), eigen.Values[k - 1], 1e-13);
    }

    [Fact]
    public void A_diagonal_of_zeros() => Assert.Equal([-3, 0, 3], TridiagonalEigen.Of([0, 0, 0], [Math.Sqrt(4.5), Math.Sqrt(4.5)]).Values, (a, b) => Math.Abs(a - b) < 1e-14);

    [Fact]
    public void Vectors_are_orthonormal_and_satisfy_the_equation() =>
        Gen.Select(Gen.Double[-10, 10].Array[1, 30], Gen.Double[-3, 3].Array[30]).Sample((diagonal, beside) =>
        {
            // Some rows are not coupled at all.
            var coupling = Array.ConvertAll(beside, b => Math.Abs(b) < 0.5 ? 0 : b);
            var eigen = TridiagonalEigen.Of(diagonal, coupling);
            Assert.Equal(eigen.Values.Order(), eigen.Values);
            for (var i = 0; i < diagonal.Length; i++)
            {
                var s = eigen.Vector(i).ToArray();
                for (var k = 0; k <= i; k++)
                    Assert.Equal(i == k ? 1 : 0, s.Zip(eigen.Vector(k).ToArray()).Sum(pair => pair.First * pair.Second), 1e-12);
                for (var row = 0; row < s.Length; row++)
                {
                    var left = row > 0 ? coupling[row - 1] * s[row - 1] : 0;
                    var right = row < s.Length - 1 ? coupling[row] * s[row + 1] : 0;
                    Assert.Equal(eigen.Values[i] * s[row], left + (diagonal[row] * s[row]) + right, 1e-11);
                }
            }
        });

    [Fact]
    public void Magnitudes_that_lie_far_apart_keep_their_digits()
    {
        var eigen = TridiagonalEigen.Of([1e8, 1, 1e-8], [1e-3, 1e-9]);
        Assert.Equal(1e8, eigen.Values[2], 1e-7);
        Assert.Equal(1, eigen.Values[1], 1e-12);
        Assert.Equal(1e-8, eigen.Values[0], 1e-15);
    }

    [Fact]
    public void What_is_not_finite_is_refused() => Assert.Throws<ArithmeticException>(() => TridiagonalEigen.Of([1, double.NaN], [0]));
}

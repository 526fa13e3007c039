using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class StudentTTests
{
    /// <summary>Fisher and Yates, "Statistical tables", table III.</summary>
    [Theory]
    [InlineData(0.95, 1, 12.706)]
    [InlineData(0.95, 2, 4.303)]
    [InlineData(0.95, 7, 2.365)]
    [InlineData(0.99, 10, 3.169)]
    [InlineData(0.5, 30, 0.683)]
    [InlineData(0.9, 120, 1.658)]
    public void Tabulated_values(double confidence, int degrees, double expected) => Assert.Equal(expected, StudentT.Quantile(confidence, degrees), 5e-4);

    [Fact]
    public void Many_degrees_are_the_normal_distribution() => Assert.Equal(1.959964, StudentT.Quantile(0.95, 100_001), 1e-4);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Confidence_lies_between_0_and_1(double confidence) => Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.Quantile(confidence, 3));
}

using DistTrain.Cli.Display;

namespace DistTrain.Cli.Tests.Display;

[Trait("Kind", "Fast")]
public class FiguresTests
{
    [Theory]
    [InlineData(0.98765, "98.77 %")]
    [InlineData(1.0, "100.00 %")]
    [InlineData(null, "–")]
    [InlineData(double.NaN, "NaN")]
    public void Shares_are_percentages(double? share, string text) => Assert.Equal(text, Figures.Share(share));

    [Theory]
    [InlineData(0.0123456, "0.01235")]
    [InlineData(2.5, "2.5")]
    [InlineData(12345.6, "12346")]
    [InlineData(1e-7, "1E-07")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    [InlineData(null, "–")]
    public void Numbers_have_four_digits(double? number, string text) => Assert.Equal(text, Figures.Number(number));

    [Theory]
    [InlineData(1880.4, "1,880")]
    [InlineData(0.2, "0")]
    [InlineData(null, "–")]
    public void Counts_are_whole(double? number, string text) => Assert.Equal(text, Figures.Count(number));

    [Theory]
    [InlineData(7.9, "0:07")]
    [InlineData(754, "12:34")]
    [InlineData(3723, "1:02:03")]
    [InlineData(100_000, "27:46:40")]
    [InlineData(273_600, "3 d 4 h")]
    public void Durations_read_like_a_clock(double seconds, string text) =>
        Assert.Equal(text, Figures.Duration(TimeSpan.FromSeconds(seconds)));
}

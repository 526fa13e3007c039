using CsCheck;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class ValueTextTests
{
    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(1e-5, "1e-05")]
    [InlineData(1e300, "1e+300")]
    [InlineData(3.0, "3")]
    public void Numbers_are_the_shortest_that_read_back(double number, string text) => Assert.Equal(text, ValueText.Of(number));

    [Theory]
    [InlineData("/data/mnist", "/data/mnist")]
    [InlineData("data", "data")]
    [InlineData("null", "\"null\"")]
    [InlineData("Yes", "\"Yes\"")]
    [InlineData("12", "\"12\"")]
    [InlineData("~", "\"~\"")]
    [InlineData("a: b # c", "\"a: b # c\"")]
    [InlineData("C:\\\"x\"", "\"C:\\\\\\\"x\\\"\"")]
    public void Text_is_quoted_where_it_could_be_taken_for_something_else(string value, string text) => Assert.Equal(text, ValueText.Of(value));

    [Fact]
    public void Lists_stand_in_brackets()
    {
        Assert.Equal("[bias, norm]", ValueText.Of(new[] { "bias", "norm" }));
        Assert.Equal("[30, 60.5]", ValueText.Of(new[] { 30, 60.5 }));
    }

    [Fact]
    public void Every_positive_finite_number_survives_the_file() =>
        Gen.Double.Where(x => double.IsFinite(x) && x > 0).Sample(x =>
            Assert.Equal(x, JobText.Job(null, $"batchNorm.epsilon={ValueText.Of(x)}").Spec.BatchNorm.Epsilon));
}

using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Tests.Options;

[Trait("Kind", "Fast")]
public sealed class OptionTests
{
    public static TheoryData<Option, string, double[], double[]> Ranges => new()
    {
        { Number(), "a finite number", [-1e300, 0, 1e300], [double.NaN, double.PositiveInfinity, double.NegativeInfinity] },
        { Number() with { Minimum = 0 }, "a number of at least 0", [0, 1e300], [-1e-300] },
        { Number() with { Minimum = 0, ExclusiveMinimum = true }, "a number above 0", [double.Epsilon], [0, -1] },
        { Number() with { Maximum = 2 }, "a number of at most 2", [2, -5], [2.001] },
        { Number() with { Maximum = 2, ExclusiveMaximum = true }, "a number below 2", [1.999], [2] },
        { Number() with { Minimum = 0, Maximum = 1 }, "a number in [0, 1]", [0, 1], [-0.1, 1.1] },
        { Number() with { Minimum = 0, Maximum = 1, ExclusiveMinimum = true, ExclusiveMaximum = true }, "a number in (0, 1)", [0.5], [0, 1] },
    };

    [Theory]
    [MemberData(nameof(Ranges), DisableDiscoveryEnumeration = true)]
    public void The_words_and_the_check_of_a_range_agree(Option option, string rule, double[] allowed, double[] refused)
    {
        Assert.Equal(rule, option.Rule);
        Assert.All(allowed, value => Assert.True(option.Allows(value)));
        Assert.All(refused, value => Assert.False(option.Allows(value)));
    }

    [Fact]
    public void The_other_kinds_name_what_they_take()
    {
        Assert.Equal("true or false", new Option("f", OptionKind.Flag, true, "").Rule);
        Assert.Equal("one of a, b", new Option("c", OptionKind.Choice, "a", "") { Choices = ["a", "b"] }.Rule);
        Assert.Equal("a list of finite numbers", new Option("n", OptionKind.Numbers, null, "").Rule);
        Assert.Equal(
            "a list of ascending numbers above 0",
            new Option("n", OptionKind.Numbers, null, "") { Minimum = 0, ExclusiveMinimum = true, IsAscending = true }.Rule);
        Assert.Equal("a list of a, b", new Option("n", OptionKind.Names, null, "") { Choices = ["a", "b"] }.Rule);
    }

    private static Option Number() => new("x", OptionKind.Number, 1.0, "");
}

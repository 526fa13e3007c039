using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class RuleTests
{
    [Fact]
    public void A_flag_is_true_or_false_and_nothing_else()
    {
        Assert.Equal(true, Read(new FlagRule(), "true").Value);
        Assert.Equal(false, Read(new FlagRule(), "false").Value);
        Assert.Equal("a.yaml:1: x: 'True' is not true or false (did you mean 'true'?)", Read(new FlagRule(), "True").Problem);
    }

    [Fact]
    public void A_list_of_names_has_each_once()
    {
        var rule = new NamesRule(["weight", "bias", "norm"]);

        Assert.Equal(["norm", "bias"], (IReadOnlyList<string>)Read(rule, "[norm, bias]").Value!);
        Assert.Empty((IReadOnlyList<string>)Read(rule, "[]").Value!);
        Assert.Equal("a.yaml:1: x: 'bias' is in the list twice; keep one", Read(rule, "[bias, bias]").Problem);
        Assert.Equal("a.yaml:1: x: is a single value; give a list of weight, bias, norm, in brackets: [weight], or [] for none", Read(rule, "bias").Problem);
        Assert.Equal("a.yaml:1: x[1]: 'biases' is not allowed here; use one of weight, bias, norm (did you mean 'bias'?)", Read(rule, "[norm, biases]").Problem);
        Assert.Equal("a.yaml:1: x[0]: is a list; give one of weight, bias, norm", Read(rule, "[[norm]]").Problem);
    }

    [Fact]
    public void A_list_of_numbers_keeps_to_range_and_order()
    {
        var rule = ValueRule.Of(new Option("m", OptionKind.Numbers, null, "") { Minimum = 0, ExclusiveMinimum = true, IsAscending = true });

        Assert.Equal([30, 60.5], (IReadOnlyList<double>)Read(rule, "[30, 60.5]").Value!);
        Assert.Empty((IReadOnlyList<double>)Read(rule, "[]").Value!);
        Assert.Equal("a.yaml:1: x[2]: '60' is not above 60, the one before; give a list of ascending numbers above 0", Read(rule, "[30, 60, 60]").Problem);
        Assert.Equal("a.yaml:1: x[1]: '-1' is not allowed; give a number above 0", Read(rule, "[30, -1]").Problem);
        Assert.Equal("a.yaml:1: x[0]: 'a' is not a number; give a number above 0", Read(rule, "[a]").Problem);
        Assert.Equal("a.yaml:1: x: is a single value; give a list of ascending numbers above 0, in brackets: [30, 60]", Read(rule, "30").Problem);
    }

    [Fact]
    public void Text_is_taken_as_it_stands_quoted_or_not()
    {
        var rule = new TextRule("a folder");

        Assert.Equal("12", Read(rule, "12").Value);
        Assert.Equal("null", Read(rule, "'null'").Value);
        Assert.Equal("C:\\data", Read(rule, "C:\\data").Value);
        Assert.Equal("/données 🎲", Read(rule, "/données 🎲").Value);
    }

    [Theory]
    [InlineData("''")]
    [InlineData("\"a\\nb\"")]
    [InlineData("\"a\\0b\"")]
    [InlineData("\"a\\Lb\"")]
    public void Text_that_cannot_be_printed_is_refused(string yaml) => Assert.Null(Read(new TextRule("a folder"), yaml).Value);

    [Fact]
    public void A_name_that_is_nearly_right_is_suggested_as_it_should_be() =>
        Assert.EndsWith("(did you mean 'my-run-2'?)", Read(new JobNameRule(), "My run_2").Problem, StringComparison.Ordinal);

    [Fact]
    public void An_option_of_each_kind_has_its_rule()
    {
        Assert.Equal(0.5, Read(ValueRule.Of(new Option("n", OptionKind.Number, 1.0, "")), "0.5").Value);
        Assert.Equal(true, Read(ValueRule.Of(new Option("f", OptionKind.Flag, true, "")), "true").Value);
        Assert.Equal("a", Read(ValueRule.Of(new Option("c", OptionKind.Choice, "a", "") { Choices = ["a", "b"] }), "a").Value);
        Assert.Equal(["b"], (IReadOnlyList<string>)Read(ValueRule.Of(new Option("l", OptionKind.Names, null, "") { Choices = ["a", "b"] }), "[b]").Value!);
        Assert.Equal(
            "a.yaml:1: x: 'c' is not a choice for form; use one of a, b",
            Read(ValueRule.Of(new Option("form", OptionKind.Choice, "a", "") { Choices = ["a", "b"] }), "c").Problem?.Split(" (did")[0]);
    }

    private static (object? Value, string? Problem) Read(ValueRule rule, string yaml)
    {
        var findings = new Findings();
        var node = DocumentReader.Read(yaml, new Origin("a.yaml", null, IsOverride: false), "x", findings)!;
        var value = rule.Read(node, "x", findings);
        Assert.Equal(value is null, findings.Any);
        return (value, findings.Any ? findings.All()[0].ToString() : null);
    }
}

using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Tests.Options;

[Trait("Kind", "Fast")]
public sealed class OptionValuesTests
{
    private static readonly IReadOnlyList<Option> Options =
    [
        new("lr", OptionKind.Number, 0.1, ""),
        new("nesterov", OptionKind.Flag, false, ""),
        new("radius", OptionKind.Number, null, ""),
    ];

    [Fact]
    public void Given_values_stand_over_the_defaults_in_the_documented_order()
    {
        var values = new OptionValues(Options, new Dictionary<string, object> { ["radius"] = 2.0, ["nesterov"] = true });

        Assert.Equal((0.1, true, 2.0), (values.Number("lr"), values.Flag("nesterov"), values.Number("radius")));
        Assert.Equal(["lr", "nesterov", "radius"], values.All.Select(o => o.Key));
    }

    [Fact]
    public void One_value_changed_leaves_the_others_and_the_order()
    {
        var values = new OptionValues(Options, new Dictionary<string, object> { ["radius"] = 2.0 });

        var changed = values.With("nesterov", true);

        Assert.Equal([("lr", 0.1), ("nesterov", true), ("radius", (object)2.0)], changed.All.Select(o => (o.Key, o.Value)));
        Assert.False(values.Flag("nesterov"));
        Assert.Throws<ArgumentException>(() => values.With("rate", 1.0));
    }

    [Fact]
    public void A_required_option_must_be_given() =>
        Assert.Contains("'radius' is required", Assert.Throws<ArgumentException>(() => new OptionValues(Options, new Dictionary<string, object>())).Message, StringComparison.Ordinal);
}

using System.Text.RegularExpressions;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Tests.Options;

/// <summary>What every optimizer and schedule must keep to, so that the job file can offer it.</summary>
[Trait("Kind", "Fast")]
public sealed partial class CatalogTests
{
    public static TheoryData<string> Optimizers => [.. OptimizerCatalog.All.Select(d => d.Name)];

    public static TheoryData<string> Schedules => [.. ScheduleCatalog.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void An_optimizer_is_found_documented_and_made_of_its_defaults(string name)
    {
        var definition = OptimizerCatalog.Find(name)!;

        AssertDocumented(definition.Name, definition.Summary, definition.Source, definition.Options);
        Assert.Equal("lr", definition.Options[0].Name);
        Assert.NotNull(definition.Create<float>(Defaults(definition.Options)));
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void A_schedule_is_found_documented_and_made_of_its_defaults(string name)
    {
        var definition = ScheduleCatalog.Find(name)!;

        AssertDocumented(definition.Name, definition.Summary, definition.Source, definition.Options);
        Assert.Superset(new HashSet<string> { WarmUp.EpochsKey, WarmUp.StepsKey }, definition.Options.Select(o => o.Name).ToHashSet());
        Assert.NotNull(ScheduleCatalog.Create(name, Defaults(definition.Options)));
    }

    [Fact]
    public void Names_are_unique_and_an_unknown_one_finds_nothing()
    {
        Assert.Equal(OptimizerCatalog.All.Count, OptimizerCatalog.All.Select(d => d.Name).Distinct().Count());
        Assert.Equal(ScheduleCatalog.All.Count, ScheduleCatalog.All.Select(d => d.Name).Distinct().Count());
        Assert.Null(OptimizerCatalog.Find("no-such"));
        Assert.Null(ScheduleCatalog.Find("no-such"));
    }

    private static void AssertDocumented(string name, string summary, string source, IReadOnlyList<Option> options)
    {
        Assert.Matches(KebabCase(), name);
        Assert.NotEmpty(summary);
        Assert.NotEmpty(source);
        Assert.Equal(options.Count, options.Select(o => o.Name).Distinct().Count());
        Assert.All(options, option =>
        {
            Assert.Matches(CamelCase(), option.Name);
            Assert.NotEqual("name", option.Name);
            Assert.NotEmpty(option.Description);
            Assert.True(option.Kind is OptionKind.Choice or OptionKind.Names == (option.Choices.Count > 0), $"{name}.{option.Name}: choices");
            Assert.True(IsAllowed(option), $"{name}.{option.Name}: the default {option.Default} is not {option.Rule}");
        });
    }

    private static bool IsAllowed(Option option) => (option.Kind, option.Default) switch
    {
        (_, null) => true,
        (OptionKind.Number, double number) => option.Allows(number),
        (OptionKind.Flag, bool) => true,
        (OptionKind.Choice, string choice) => option.Choices.Contains(choice),
        (OptionKind.Numbers, IReadOnlyList<double> numbers) => numbers.All(option.Allows),
        (OptionKind.Names, IReadOnlyList<string> names) => names.All(option.Choices.Contains),
        _ => false,
    };

    private static OptionValues Defaults(IReadOnlyList<Option> options) =>
        new(options, options.Where(o => o.Default is null).ToDictionary(o => o.Name, AnyAllowed));

    /// <summary>A value for a required option.</summary>
    private static object AnyAllowed(Option option) => option.Kind switch
    {
        OptionKind.Flag => true,
        OptionKind.Choice => option.Choices[0],
        OptionKind.Names => option.Choices,
        OptionKind.Numbers => (IReadOnlyList<double>)[AnyNumber(option)],
        _ => AnyNumber(option),
    };

    private static double AnyNumber(Option option) =>
        new[] { 0, 0.5, 1, option.Minimum, option.Maximum, option.Minimum + 1 }.First(option.Allows);

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KebabCase();

    [GeneratedRegex("^[a-z][A-Za-z0-9]*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CamelCase();
}

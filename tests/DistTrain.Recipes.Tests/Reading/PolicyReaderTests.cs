using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Reading;

namespace DistTrain.Recipes.Tests.Reading;

/// <summary>With policies of the tests' own, so that each kind of option is there whatever the catalogs hold.</summary>
[Trait("Kind", "Fast")]
public sealed class PolicyReaderTests
{
    private static readonly PolicyCatalog Catalog = new("optimizer", "plain",
    [
        new("plain", "", "", [new("lr", OptionKind.Number, 0.1, "") { Minimum = 0, ExclusiveMinimum = true }]),
        new("rich", "", "",
        [
            new("lr", OptionKind.Number, 0.2, ""),
            new("nesterov", OptionKind.Flag, false, ""),
            new("form", OptionKind.Choice, "a", "") { Choices = ["a", "b"] },
            new("skip", OptionKind.Names, (IReadOnlyList<string>)["bias"], "") { Choices = ["bias", "norm"] },
            new("radius", OptionKind.Number, null, "") { Minimum = 1 },
        ]),
        new("empty", "", "", []),
    ]);

    [Fact]
    public void An_absent_section_is_the_default_policy_with_its_defaults()
    {
        var (policy, problems) = Read(null);

        Assert.Empty(problems);
        Assert.Equal(("plain", 0.1), (policy!.Name, policy.Options.Number("lr")));
    }

    [Fact]
    public void Options_without_a_name_belong_to_the_default_policy() => Assert.Equal(3, Read("{lr: 3}").Policy!.Options.Number("lr"));

    [Fact]
    public void Options_of_every_kind_are_read_over_the_defaults()
    {
        var options = Read("{name: rich, radius: 2, nesterov: true, form: b, skip: [norm]}").Policy!.Options;

        Assert.Equal((0.2, 2, true, "b"), (options.Number("lr"), options.Number("radius"), options.Flag("nesterov"), options.Choice("form")));
        Assert.Equal(["norm"], options.Names("skip"));
    }

    [Theory]
    [InlineData("{name: rihc, lrr: 1}", "spec.optimizer.name: 'rihc' is not an optimizer; use one of plain, rich, empty (did you mean 'rich'?)")]
    [InlineData("{name: rich}", "spec.optimizer.radius: is missing; rich needs it: give a number of at least 1")]
    [InlineData("{name: rich, radius: null}", "spec.optimizer.radius: is missing; rich needs it: give a number of at least 1")]
    [InlineData("{name: rich, radius: 0}", "spec.optimizer.radius: '0' is not allowed; give a number of at least 1")]
    [InlineData("{name: rich, radius: {}}", "spec.optimizer.radius: is a section; give a number of at least 1")]
    [InlineData("{nesterov: true}", "spec.optimizer.nesterov: 'nesterov' is not an option of plain; use lr")]
    [InlineData("{name: empty, lr: 1}", "spec.optimizer.lr: 'lr' is not an option of empty, which has none")]
    [InlineData("{name: [rich]}", "spec.optimizer.name: is a list; give one of plain, rich, empty")]
    public void Each_mistake_is_one_problem(string yaml, string problem)
    {
        var (_, problems) = Read(yaml);

        Assert.Equal($"a.yaml:1: {problem}", Assert.Single(problems));
    }

    private static (PolicyRecipe? Policy, string[] Problems) Read(string? yaml)
    {
        var findings = new Findings();
        var origin = new Origin("a.yaml", null, IsOverride: false);
        var section = yaml is null ? null : (MapNode?)DocumentReader.Read(yaml, origin, "", findings);
        var policy = PolicyReader.Read(section, "spec.optimizer", origin, Catalog, findings);
        return (policy, [.. findings.All().Select(p => p.ToString())]);
    }
}

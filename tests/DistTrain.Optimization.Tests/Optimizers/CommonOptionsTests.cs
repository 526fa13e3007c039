using DistTrain.Optimization.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class CommonOptionsTests
{
    public static TheoryData<string> WithEpsilon => [.. OptimizerCatalog.All.Where(d => d.Options.Any(o => o.Name == "epsilon")).Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(WithEpsilon))]
    public void Epsilon_is_not_0_in_float32_either(string optimizer)
    {
        // An element without gradients would be 0/0.
        var option = OptimizerCatalog.Find(optimizer)!.Options.Single(o => o.Name == "epsilon");
        Assert.False(option.Allows(0));
        Assert.True((float)option.Minimum > 0);
    }

    [Fact]
    public void Every_optimizer_has_the_options_that_all_share() =>
        Assert.All(OptimizerCatalog.All, d => Assert.Subset(d.Options.Select(o => o.Name).ToHashSet(), new HashSet<string> { "lr", "weightDecay", "decayExclude", "clipNorm" }));
}

using CsCheck;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Tests.Documents;

[Trait("Kind", "Fast")]
public sealed class NearestNameTests
{
    private static readonly string[] Names = ["momentum", "lr", "weightDecay", "adam", "adamw", "lars", "microBatch", "batch"];

    [Theory]
    [InlineData("momentm", "momentum")]
    [InlineData("mometnum", "momentum")]
    [InlineData("Momentum", "momentum")]
    [InlineData("weight_decay", "weightDecay")]
    [InlineData("adam-w", "adamw")]
    [InlineData("rl", "lr")]
    [InlineData("micro-batch-size", "microBatch")]
    [InlineData("batchSize", "batch")]
    [InlineData("LARS", "lars")]
    public void A_slip_finds_its_name(string written, string meant) => Assert.Equal(meant, NearestName.Of(written, Names));

    [Theory]
    [InlineData("")]
    [InlineData("___")]
    [InlineData("x")]
    [InlineData("qq")]
    [InlineData("epsilon")]
    [InlineData("nesterov")]
    public void What_is_near_to_nothing_finds_nothing(string written) => Assert.Null(NearestName.Of(written, Names));

    [Fact]
    public void Without_names_there_is_none() => Assert.Null(NearestName.Of("batch", []));

    [Fact]
    public void A_name_is_nearest_to_itself() =>
        Gen.OneOf(Names).Sample(name => Assert.Equal(name, NearestName.Of(name.ToUpperInvariant(), Names)));
}

using System.Text.Json;
using CsCheck;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Tests.Scaling;

[Trait("Kind", "Fast")]
public sealed class BatchScalingTests
{
    private static readonly WarmUp FiveEpochs = new(Epochs: 5, Steps: 0, From: 0);

    private static readonly JsonElement[] Cases = [.. Vectors.Read("schedules.json").RootElement.GetProperty("batch_scaling").EnumerateArray()];

    /// <summary>Batch and rule of each case; what is no rule of ours fails.</summary>
    public static TheoryData<int, string> Vectored =>
    [
        .. Cases.SelectMany(c => c.EnumerateObject()
            .Where(p => p.Name is not ("base_batch" or "base_lr" or "batch"))
            .Select(p => new TheoryDataRow<int, string>(c.GetProperty("batch").GetInt32(), p.Name))),
    ];

    [Theory]
    [MemberData(nameof(Vectored))]
    public void Rates_agree_with_the_reference(int batch, string rule)
    {
        Assert.True(ScalingRules.All.Contains(rule), $"no scaling rule implements the case '{rule}'");
        var reference = Cases.Single(c => c.GetProperty("batch").GetInt32() == batch);
        var scaling = new BatchScaling(rule, batch, reference.GetProperty("base_batch").GetInt32(), FromReference: false);
        var expected = reference.GetProperty(rule).GetDouble();
        Assert.Equal(expected, scaling.Resolve(reference.GetProperty("base_lr").GetDouble(), FiveEpochs).LearningRate, 1e-12 * expected);
    }

    [Theory]
    [InlineData("none", 0.1, 5, 0)]
    [InlineData("linear", 0.4, 5, 0.25)]
    [InlineData("sqrt", 0.2, 5, 0.5)]
    [InlineData("legw", 0.2, 20, 0.5)]
    public void Each_rule_has_its_rate_its_warm_up_and_its_start(string rule, double rate, double epochs, double from)
    {
        var resolved = new BatchScaling(rule, 1024, 256, FromReference: true).Resolve(0.1, FiveEpochs);
        Assert.Equal((rate, epochs, from), (resolved.LearningRate, resolved.WarmupEpochs, resolved.WarmupFrom));
    }

    [Fact]
    public void A_warm_up_from_the_reference_rate_starts_there_and_never_falls() =>
        Gen.Select(Gen.OneOf("linear", "sqrt", "legw"), Gen.Int[1, 100_000], Gen.Int[1, 100_000]).Sample((rule, batch, reference) =>
        {
            var resolved = new BatchScaling(rule, batch, reference, FromReference: true).Resolve(0.3, FiveEpochs);
            Assert.Equal(Math.Min(0.3, resolved.LearningRate), resolved.LearningRate * resolved.WarmupFrom, 1e-12);
        });

    [Fact]
    public void At_the_reference_batch_every_rule_leaves_the_rate_alone() =>
        Assert.All(ScalingRules.All, rule => Assert.Equal(0.1, new BatchScaling(rule, 256, 256, FromReference: false).Resolve(0.1, FiveEpochs).LearningRate));
}

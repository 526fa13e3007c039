using System.Text.Json;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>A reference case that nobody understands must not pass unseen.</summary>
[Trait("Kind", "Fast")]
public class OptimizerMappingTests
{
    [Theory]
    [InlineData("adadelta", "Adadelta", """{"lr": 1}""")]
    [InlineData("larsen", "direct", """{"lr": 1}""")]
    [InlineData("lars_clipped", "direct", """{"lr": 1}""")]
    [InlineData("lambda", "direct", """{"lr": 1}""")]
    [InlineData("radam_direct_threshold_6", "direct", """{"lr": 1, "betas": [0.9, 0.999], "eps": 1, "threshold": 6}""")]
    [InlineData("nesterov_dampening", "SGD", """{"lr": 1, "momentum": 0.9, "dampening": 0.5, "nesterov": true}""")]
    [InlineData("adam_bare", "Adam", """{"lr": 1, "betas": [0.9, 0.999], "eps": 1}""")]
    [InlineData("adam_maximize", "Adam", """{"lr": 1, "betas": [0.9, 0.999], "eps": 1, "amsgrad": false, "maximize": true}""")]
    public void A_case_that_cannot_be_mapped_is_named(string name, string kind, string hyper)
    {
        using var json = JsonDocument.Parse(hyper);
        var values = new Hyper(name, json.RootElement);
        var error = Assert.Throws<InvalidOperationException>(() =>
        {
            OptimizerMapping.Of(name, kind, values);
            values.AssertAllTaken();
        });
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }
}

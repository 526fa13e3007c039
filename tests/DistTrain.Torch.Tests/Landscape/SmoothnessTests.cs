using System.Text.Json;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Landscape;

/// <summary>Loss and gradient along a step's gradient beside what PyTorch computes in float64: <c>tests/vectors/smoothness.json</c> is what the script beside it prints.</summary>
[Trait("Kind", "Fast")]
public class SmoothnessTests
{
    private static readonly JsonElement Reference = Vectors.Read("smoothness.json").RootElement;

    public SmoothnessTests() => NativeEnvironment.Prepare();

    [Theory]
    [InlineData("none", "none", "global")]
    [InlineData("local", "batch", "local")]
    [InlineData("global", "batch", "global")]
    [InlineData("global", "batch", "group:2")]
    [InlineData("local", "batch", "ghost:6")]
    [InlineData("layer", "layer", "local")]
    public void Each_figure_is_that_of_PyTorch(string name, string norm, string scope)
    {
        var expected = Reference.GetProperty(name);
        var spec = Spec(norm, scope);
        var (data, model) = (Data(), ModelBlueprint.Of(spec, [4], 3));
        var (atStart, found) = Look(spec, model, data, Version(model.Layout, expected.GetProperty("theta").Numbers()), Reference.GetProperty("rate").GetDouble());

        AssertClose("loss", atStart.LossSum / atStart.Examples);
        AssertClose("gradientNorm", found!.GradientNorm);
        AssertClose("lossLow", found.LossLow);
        AssertClose("lossHigh", found.LossHigh);
        AssertClose("changeLow", found.ChangeLow);
        AssertClose("changeHigh", found.ChangeHigh);
        AssertClose("beta", found.Beta);

        void AssertClose(string figure, double value) => Assert.Equal(expected.GetProperty(figure).GetDouble(), value, 1e-9 * Math.Abs(value));
    }

    /// <summary>What is looked along is the gradient that a step takes, whatever belongs to the step alone: dropout, batch renormalization in the middle of its ramp.</summary>
    [Fact]
    public void The_gradient_is_that_of_the_training_replica()
    {
        var digits = DatasetReader.Read(new DatasetRecipe("digits", null, 128, 64)).Train;
        var spec = Specs.Of(
            "model={name: custom, layers: [flatten, linear: 8, {norm: batch-renorm}, tanh, dropout: 0.25, linear: {out: 10, reparametrization: spectral}]}",
            "workers=1", "batch=32", "epochs=2", "seed=3");
        var model = ModelBlueprint.Of(spec, digits.Shape, digits.Classes);
        int[] examples = [.. Enumerable.Range(64, 32)];
        var position = Position.Start() with { Epoch = 1, Cursor = 64 };
        using var replica = new Replica(model, 32);
        VersionZero.Fill(model.Layout, seed: 3, offset: 0, replica.Parameters.Span);
        replica.BeginStep();
        var trained = replica.Accumulate(digits, examples, new Divisor(32, 1), new MicroBatchKey(3, position, Rank: 0, Index: 0));
        replica.EndStep();
        using var local = new LocalObjective<double>(model, Objective.OfStep(spec, model.Layout, digits, examples, position), threads: 1);
        local.MoveTo(replica.Parameters.Span);
        var (gradient, sums) = local.Gradient(CancellationToken.None);
        Assert.Equal(trained.LossSum, sums.LossSum, 1e-4);
        Assert.All(gradient.Zip(replica.Gradient.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.True(gradient.Max() > 0.01);
    }

    [Fact]
    public void What_is_not_finite_on_the_way_is_not_told()
    {
        var spec = Spec("none", "local");
        var model = ModelBlueprint.Of(spec, [4], 3);
        var version = Version(model.Layout, Reference.GetProperty("none").GetProperty("theta").Numbers());
        Assert.Null(Look(spec, model, Data(), version, rate: 1e308).Found);
        version[0] = float.NaN;
        var (atStart, found) = Look(spec, model, Data(), version, rate: 0.1);
        Assert.Null(found);
        Assert.Equal(12, atStart.Examples);
        Assert.True(double.IsNaN(atStart.LossSum));
    }

    [Fact]
    public void A_step_has_no_products() =>
        Assert.Throws<InvalidOperationException>(() =>
        {
            var model = ModelBlueprint.Of(Spec("none", "local"), [4], 3);
            using var replica = new CurvatureReplica<double>(model, 4, CurvatureMode.Step);
            replica.AddProduct(Data(), [0, 1], new Divisor(2, 1), new MicroBatchKey(1, Position.Start(), 0, 0));
        });

    private static TrainingSpec Spec(string norm, string scope) => Specs.Of(
        $"model={{name: custom, layers: [linear: 5, {(norm == "none" ? "" : $"{{norm: {norm}}}, ")}tanh, linear: 3]}}", $"batchNorm.scope={scope}", "workers=2", "batch=12");

    private static ExampleSet Data() =>
        ExampleSet.OfValues([4], 3, [.. Reference.GetProperty("X").Numbers().Select(x => (float)x)], [.. Reference.GetProperty("y").Numbers().Select(y => (int)y)]);

    /// <summary>Buffers as a job begins with them; parameters in PyTorch's order, which is ours.</summary>
    private static float[] Version(ParameterLayout layout, double[] theta)
    {
        var (flat, at) = (new float[layout.Length], 0);
        VersionZero.Fill(layout, seed: 1, offset: 0, flat);
        foreach (var segment in layout.Segments.Where(segment => !segment.IsBuffer))
        {
            for (var i = 0; i < segment.Length; i++)
                flat[segment.Offset + i] = (float)theta[at++];
        }

        Assert.Equal(theta.Length, at);
        return flat;
    }

    private static (BatchResult AtStart, Smoothness? Found) Look(TrainingSpec spec, ModelBlueprint model, ExampleSet data, float[] version, double rate)
    {
        var objective = Objective.OfStep(spec, model.Layout, data, Enumerable.Range(0, data.Count).ToArray(), Position.Start());
        using var local = new LocalObjective<double>(model, objective, threads: 2);
        return Smoothness.Along(local, new VectorPart(model.Layout, ..), version, rate, CancellationToken.None);
    }
}

using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Models;

/// <summary>The built-in models and layer lists under every norm, reparametrization and penalty.</summary>
[Trait("Kind", "Fast")]
public sealed class NormedModelTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 8, 8));

    public static TheoryData<string, string> Models
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var model in ModelNames.Classifiers)
            {
                // Of digits, nothing is left at the end of a residual network for large images that has more than one place.
                foreach (var norm in NormKinds.All.Where(norm => (model, norm) is not (ModelNames.Mlp or ModelNames.ResNet18 or ModelNames.ResNet50, NormKinds.Instance)))
                    all.Add(model, $"model.norm={norm}");
                foreach (var kind in Reparametrizations.All)
                    all.Add(model, $"model.reparametrization={kind}");
                all.Add(model, "model.spectralPenalty=0.1");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_built_in_model_has_a_gradient_under_every_setting(string model, string setting)
    {
        using var replica = new Replica(ModelBlueprint.Of(Specs.Of($"model.name={model}", "model.width=4", setting), Digits.Train.Shape, Digits.Train.Classes), capacity: 4);
        VersionZero.Fill(replica.Layout, 3, 0, replica.Parameters.Span);
        replica.BeginStep();
        var result = replica.Accumulate(Digits.Train, [0, 1, 2, 3], new Divisor(4, 1), new MicroBatchKey(3, Position.Start(), 0, 0));
        replica.EndStep();
        Assert.True(double.IsFinite(result.LossSum));
        foreach (var segment in replica.Layout.Segments)
        {
            var values = replica.Gradient.Slice(segment.Offset, segment.Length).ToArray();
            Assert.True(values.All(float.IsFinite), segment.Name);
            // A bias before a norm that takes it off again has none.
            if (segment.Kind != SegmentKind.Bias)
                Assert.True(Array.Exists(values, value => value != 0), segment.Name);
        }
    }

    [Fact]
    public void Reparametrized_weights_bear_the_names_of_PyTorch_and_other_layouts_have_other_hashes()
    {
        string[] Names(string kind) =>
            [.. Layout("model.name=custom", $"model.layers=[flatten, linear: {{out: 10, reparametrization: {kind}}}]").Segments.Select(s => s.Name)];
        Assert.Equal(["fc1.weight", "fc1.bias"], Names("none"));
        Assert.Equal(["fc1.weight_v", "fc1.weight_g", "fc1.bias"], Names("weight"));
        Assert.Equal(["fc1.weight_orig", "fc1.bias", "fc1.weight_u"], Names("spectral"));
        string[][] settings = [[], ["model.reparametrization=weight"], ["model.reparametrization=spectral"], ["model.spectralPenalty=1"], ["model.norm=batch"], ["model.norm=batch-renorm"], ["model.norm=group"], ["model.norm=layer"]];
        Assert.Equal(settings.Length, settings.Select(setting => Layout(setting).Hash).Distinct().Count());
        // What is saved for an evaluation does not depend on how strong the penalty was.
        Assert.Equal(Layout("model.spectralPenalty=1").Hash, Layout("model.spectralPenalty=2").Hash);
    }

    [Fact]
    public void Shapes_and_kinds_of_segments()
    {
        var layout = Layout("model.name=custom", "model.layers=[conv: {out: 4, kernel: 5, reparametrization: weight}, norm: layer, conv: {out: 6, reparametrization: spectral}, norm: batch-renorm, flatten, linear: 10]");
        Check("conv1.weight_v", SegmentKind.Weight, 4, 1, 5, 5);
        Check("conv1.weight_g", SegmentKind.Norm, 4, 1, 1, 1);
        Check("norm1.weight", SegmentKind.Norm, 4, 24, 24);
        Check("conv2.weight_u", SegmentKind.PowerVector, 6);
        Check("norm2.statistics", SegmentKind.Deviations, 6, 2);
        Assert.All(layout.Segments.Where(s => s.IsBuffer), s => Assert.True(s.Offset >= layout.TrainableLength));

        void Check(string name, SegmentKind kind, params int[] shape)
        {
            var segment = layout.Segments.Single(s => s.Name == name);
            Assert.Equal(kind, segment.Kind);
            Assert.Equal(shape, segment.Shape);
        }
    }

    [Fact]
    public void Zero_gammas_stand_at_the_end_of_each_residual_block_of_resnet20()
    {
        static IEnumerable<string> Zeros(params string[] settings) =>
            Layout(["model.name=resnet20", .. settings]).Segments.Where(s => s.Name.EndsWith(".weight", StringComparison.Ordinal) && s.Kind == SegmentKind.Norm && s.Initial == Initialization.Zero).Select(s => s.Name);
        Assert.Equal(Enumerable.Range(1, 9).Select(block => $"norm{(2 * block) + 1}.weight"), Zeros("model.zeroGamma=true"));
        Assert.Equal(9, Zeros("model.zeroGamma=true", "model.norm=group").Count());
        Assert.Empty(Zeros());
    }

    [Theory]
    [InlineData("[conv: 6, norm: {kind: group, groups: 4}, flatten, linear: 10]", "[1]: 4 groups do not divide 6 channels; the default here is 3")]
    [InlineData("[flatten, norm: instance, linear: 10]", "[1]: norm instance needs an input of shape [channels, height, width], it gets [784]; use it before 'flatten', or another kind")]
    [InlineData("[flatten, linear: 8, norm: {kind: group, groups: 8}, linear: 10]", "[2]: norm has only one value to take the mean and variance of")]
    [InlineData("[conv: {out: 4, kernel: 28}, norm: instance, flatten, linear: 10]", "[1]: norm has only one value")]
    [InlineData("[flatten, linear: 1, norm: layer, linear: 10]", "[2]: norm has only one value")]
    public void A_norm_that_does_not_fit_is_named(string layers, string expected)
    {
        var error = Assert.Throws<ModelException>(() => Layout("model.name=custom", $"model.layers={layers}"));
        Assert.Contains($"spec.model.layers{expected}", error.Message, StringComparison.Ordinal);
    }

    private static ParameterLayout Layout(params string[] settings) => ModelBlueprint.Of(Specs.Of(settings), [1, 28, 28], 10).Layout;
}

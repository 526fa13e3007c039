using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models;

/// <summary>
/// Files of PyTorch's modules: their names, and that what is read from them computes what the modules do. <c>tests/vectors/pytorch_names.py</c> has the modules
/// and has written the files.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class KnownNamesTests
{
    private static readonly JsonElement Reference = Vectors.Read("pytorch_names.json").RootElement;

    [Theory]
    [InlineData("softmax", 10, 1, 28, 28)]
    [InlineData("mlp", 10, 1, 28, 28)]
    [InlineData("mlp batch", 10, 1, 28, 28)]
    [InlineData("cnn", 10, 1, 28, 28)]
    [InlineData("cnn batch", 10, 1, 28, 28)]
    [InlineData("resnet20", 10, 3, 32, 32)]
    [InlineData("resnet18", 1000, 3, 224, 224)]
    [InlineData("resnet50", 1000, 3, 224, 224)]
    public void Tensors_have_the_names_and_shapes_of_the_modules(string module, int classes, params int[] image)
    {
        var name = module.Split(' ');
        var spec = Specs.Of(["model.name=" + name[0], .. name.Skip(1).Select(norm => "model.norm=" + norm)]);
        var theirs = Reference.GetProperty("shapes").GetProperty(module).EnumerateObject().Where(tensor => !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal));
        Assert.Equal(theirs.Select(tensor => $"{tensor.Name} {tensor.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal)}").Order(StringComparer.Ordinal), Written(spec, ModelBlueprint.Of(spec, image, classes).Layout));
    }

    [Theory]
    [InlineData("model={name: custom, layers: [conv: 3, residual: [conv: {out: 3, padding: 1}, norm: batch, relu], flatten, linear: 10]}", "0.bias", "0.weight", "1.0.bias", "1.0.weight", "1.1.bias", "1.1.running_mean", "1.1.running_var", "1.1.weight", "3.bias", "3.weight")]
    [InlineData("model={name: custom, layers: [residual: {layers: [conv: {out: 3, padding: 1}, relu], shortcut: [relu, conv: {out: 3, kernel: 1}]}, flatten, linear: 10]}", "0.0.bias", "0.0.weight", "0.shortcut.1.bias", "0.shortcut.1.weight", "2.bias", "2.weight")]
    [InlineData("model={name: custom, layers: [flatten, linear: {out: 10, reparametrization: weight}]}", "1.bias", "1.weight_g", "1.weight_v")]
    public void A_users_own_layers_are_called_by_their_places(string model, params string[] names)
    {
        var spec = Specs.Of(model);
        Assert.Equal(names, Written(spec, ModelBlueprint.Of(spec, [1, 8, 8], 10).Layout).Select(tensor => tensor.Split(' ')[0]));
    }

    [Fact]
    public void Scores_of_a_file_of_BERT_are_its_modules()
    {
        var spec = Bert("batchNorm.epsilon=1e-12");
        var reference = Reference.GetProperty("bert");
        var places = reference.GetProperty("places").GetInt32();
        var model = ModelBlueprint.Of(spec, [places], reference.GetProperty("tokens").GetInt32());
        using var file = OpenFile("bert", spec, model.Layout);
        var vector = new float[model.Layout.Length];
        file.Fill(model.Layout, vector);
        var text = reference.GetProperty("text").Numbers();
        Near(reference.GetProperty("scores").Numbers(), Scores(model, vector, [.. text.Select(token => (float)token)], [text.Length / places, places]));
    }

    /// <summary>As files without the body's prefix, with gamma and beta of norms, and the tied bias under its other name alone.</summary>
    [Fact]
    public void Other_names_of_BERT_are_read_too()
    {
        var spec = Bert();
        var layout = ModelBlueprint.Of(spec, [6], 11).Layout;
        using var file = OpenFile("bert", spec, layout);
        var (expected, read) = (new float[layout.Length], new float[layout.Length]);
        file.Fill(layout, expected);
        var tensors = file.Tensors.Select(tensor => tensor.Name).ToList();
        Assert.Contains("bert.embeddings.LayerNorm.weight", tensors);

        using var stream = new MemoryStream();
        var names = Names(spec, layout);
        var others = names with
        {
            Names = [.. names.Names.Select(name => name with { Theirs = name.Theirs.Replace("bert.", "", StringComparison.Ordinal).Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal).Replace("predictions.bias", "predictions.decoder.bias", StringComparison.Ordinal) })],
        };
        SafeTensorsWriter.Write(stream, layout, expected, new Dictionary<string, string>(), others);
        using var again = new SafeTensorsReader(stream, "others", names);
        Assert.DoesNotContain(again.Tensors, tensor => tensors.Contains(tensor.Name) && tensor.Name.StartsWith("bert.", StringComparison.Ordinal));
        again.Fill(layout, read);
        Assert.Equal(expected, read);
    }

    [Theory]
    [InlineData("model.name=mlp", "model.norm=batch")]
    [InlineData("model.name=cnn", "dataset.normalize=channel")]
    [InlineData("model.name=resnet20", "model.norm=batch-renorm")]
    [InlineData("model.name=resnet20", "model.reparametrization=spectral")]
    [InlineData("model={name: resnet18, width: 3}")]
    [InlineData("model={name: resnet50, width: 2, reparametrization: weight}")]
    [InlineData("model={name: bert, width: 8, depth: 3, heads: 2}", "dataset={name: text, path: x, context: 6}", "task.name=maskedToken")]
    public void What_goes_out_comes_back_bit_by_bit(params string[] settings)
    {
        var spec = Specs.Of(settings);
        var layout = ModelBlueprint.Of(spec, spec.Dataset.HasTokens ? [6] : [3, 12, 12], 10).Layout;
        var (vector, read) = (new float[layout.Length], new float[layout.Length]);
        VersionZero.Fill(layout, 4, 0, vector);
        vector[0] = -0f;
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, vector, new Dictionary<string, string>(), Names(spec, layout));
        using var reader = new SafeTensorsReader(stream, "m", Names(spec, layout));
        reader.Fill(layout, read);
        Assert.Equal(WeightsHash.Compute(layout, vector), WeightsHash.Compute(layout, read));
    }

    [Fact]
    public void A_file_need_not_have_statistics_of_the_inputs_and_has_nothing_else_in_their_place()
    {
        var (plain, normalized) = (Specs.Of("model.name=cnn"), Specs.Of("model.name=cnn", "dataset.normalize=channel"));
        var (without, with) = (ModelBlueprint.Of(plain, [3, 12, 12], 10).Layout, ModelBlueprint.Of(normalized, [3, 12, 12], 10).Layout);
        var (vector, expected, read) = (new float[without.Length], new float[with.Length], new float[with.Length]);
        VersionZero.Fill(without, 4, 0, vector);
        VersionZero.Fill(with, 4, 0, expected);
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, without, vector, new Dictionary<string, string>(), Names(plain, without));
        using var reader = new SafeTensorsReader(stream, "m", Names(normalized, with));
        reader.Fill(with, read);
        Assert.Equal(expected, read);
        Assert.Equal([0, 1, 0, 1, 0, 1], read[with.Segments.Single(segment => segment.Name == "input.statistics").Offset..][..6]);

        using var own = new SafeTensorsReader(stream, "m");
        Assert.Contains("missing: input.running_mean F32 [3]", own.Differences(with));
    }

    /// <summary>A tensor of the file that only bears the model's own name of another is not taken for it.</summary>
    [Fact]
    public void The_models_own_names_are_not_looked_for()
    {
        var spec = Specs.Of("model.name=resnet20");
        var layout = ModelBlueprint.Of(spec, [3, 32, 32], 10).Layout;
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, new float[layout.Length], new Dictionary<string, string>());
        using var reader = new SafeTensorsReader(stream, "m", Names(spec, layout));
        var differences = reader.Differences(layout);
        Assert.Contains("missing: conv2.weight, in the file layer1.0.conv1.weight, F32 [16,16,3,3]", differences);
        Assert.Contains("unexpected: conv2.weight F32 [16,16,3,3]", differences);
        Assert.DoesNotContain(differences, line => line.Contains(" conv1.weight", StringComparison.Ordinal));
    }

    private static TrainingSpec Bert(params string[] settings) =>
        Specs.Of(["model={name: bert, width: 8, depth: 2, heads: 2}", "dataset={name: text, path: x, context: 6}", "task.name=maskedToken", .. settings]);

    private static ForeignNames Names(TrainingSpec spec, ParameterLayout layout) => KnownNames.Of(new NamesRecipe(NameConventions.PyTorch, []), spec.Model, layout);

    private static SafeTensorsReader OpenFile(string model, TrainingSpec spec, ParameterLayout layout) =>
        SafeTensorsReader.Open(Path.Combine(Vectors.Folder, $"pytorch_{model}.safetensors"), Names(spec, layout));

    /// <summary>Name and shape of each tensor, by name.</summary>
    private static IEnumerable<string> Written(TrainingSpec spec, ParameterLayout layout)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, new float[layout.Length], new Dictionary<string, string>(), Names(spec, layout));
        using var reader = new SafeTensorsReader(stream, "m");
        return [.. reader.Tensors.Select(tensor => $"{tensor.Name} [{string.Join(',', tensor.Shape)}]").Order(StringComparer.Ordinal)];
    }

    private static float[] Scores(ModelBlueprint model, float[] vector, float[] examples, long[] shape)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pass = new ForwardPass { Parameters = [.. model.Layout.Segments.Select(s => tensor(vector[s.Offset..s.End], [.. s.Shape.Select(d => (long)d)]))], Training = false };
        return model.Layers.Forward(tensor(examples, shape), pass).flatten().data<float>().ToArray();
    }

    private static void Near(double[] expected, float[] scores)
    {
        Assert.Equal(expected.Length, scores.Length);
        Assert.Contains(expected, value => Math.Abs(value) > 0.1);
        Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }
}

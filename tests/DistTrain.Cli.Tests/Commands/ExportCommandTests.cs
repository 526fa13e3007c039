using System.Text.Json;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Models;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>What the operators compute is held to ONNX Runtime by <c>OnnxFileTests</c>.</summary>
[Trait("Kind", "Fast")]
public sealed class ExportCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly float[] _vector;
    private readonly ParameterLayout _layout;
    private readonly ModelRecipe _model;

    public ExportCommandTests()
    {
        var job = JobFile.Read(null, "defaults", [$"dataset={{name: mnist, path: {_folder.Path}}}", "model.name=cnn"]).Job!;
        _model = job.Spec.Model;
        _layout = ModelBlueprint.Of(job.Spec, [1, 8, 8], 10).Layout;
        _vector = new float[_layout.Length];
        VersionZero.Fill(_layout, 3, 0, _vector);
        using var file = File.Create(Model);
        SafeTensorsWriter.Write(file, _layout, _vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
    }

    private string Model => _folder["model.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_file_becomes_ONNX_beside_it_without_any_data()
    {
        var (code, output, error) = await Contexts.RunAsync("export", Model, "--input", "1,8,8", "--output", "json");

        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        var exported = JsonDocument.Parse(Assert.Single(output)).RootElement;
        Assert.Equal(("exported", "onnx", _folder["model.onnx"], 10), (exported.GetProperty("event").GetString(), exported.GetProperty("format").GetString(), exported.GetProperty("file").GetString(), exported.GetProperty("classes").GetInt32()));
        Assert.Equal([1, 8, 8], exported.GetProperty("input").EnumerateArray().Select(side => side.GetInt32()));
        var sha = WeightsHash.Compute(_layout, _vector);
        Assert.Equal(sha, exported.GetProperty("weightsSha256").GetString());
        var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(_folder["model.onnx"]));
        Assert.All(["Conv", "conv1.weight", "scores", "disttrain.job", sha], part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.Equal(["model.onnx", "model.safetensors"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Weights_go_through_safetensors_bit_by_bit()
    {
        var copy = _folder["copy.safetensors"];
        var (code, output, error) = await Contexts.RunAsync("export", Model, "--to", "safetensors", "--out", copy);

        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("8 tensors", Assert.Single(output), StringComparison.Ordinal);
        var read = SavedModel.Read(copy);
        Assert.Equal(_vector, read.Vector);
        Assert.Equal(await File.ReadAllBytesAsync(Model), await File.ReadAllBytesAsync(copy));
    }

    /// <summary>What reads such a file is held to PyTorch's own by <c>KnownNamesTests</c>.</summary>
    [Fact]
    public async Task Weights_go_out_under_the_names_of_PyTorch_and_come_back_bit_by_bit()
    {
        var theirs = _folder["theirs.safetensors"];
        var (code, output, error) = await Contexts.RunAsync("export", Model, "--to", "safetensors", "--names", "pytorch", "--out", theirs);

        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("8 tensors", Assert.Single(output), StringComparison.Ordinal);
        using var reader = SafeTensorsReader.Open(theirs, KnownNames.Of(new NamesRecipe(NameConventions.PyTorch, []), _model, _layout));
        Assert.Equal(["0.weight", "0.bias", "2.weight", "2.bias", "6.weight", "6.bias", "8.weight", "8.bias"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal((null, "pytorch"), (reader.Layout(), reader.Metadata["disttrain.names"]));
        var read = new float[_layout.Length];
        reader.Fill(_layout, read);
        Assert.Equal(_vector, read);
        var (again, _, refused) = await Contexts.RunAsync("export", theirs);
        Assert.Equal(ExitCode.BadInput, again);
        Assert.Contains("carries no layout: another program wrote it, or export under other names", Assert.Single(refused), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--names pytorch is for --to safetensors, and --to is onnx", "--names", "pytorch", "--out", "model.onnx")]
    [InlineData("--names must be disttrain or pytorch, not 'torch'", "--names", "torch")]
    [InlineData("the shape of an example is not known", "--out", "model.onnx")]
    [InlineData("--input '1,x' is not a shape; give whole numbers above 0 with commas between, e.g. 1,28,28 or 13", "--input", "1,x")]
    [InlineData("--input '1,2,3,4' is not a shape", "--input", "1,2,3,4")]
    [InlineData("these weights are not of this model for examples of shape [1, 12, 12]", "--input", "1,12,12")]
    [InlineData("conv needs an input of shape [channels, height, width], it gets [64]", "--input", "64")]
    [InlineData("there is no folder", "--out", "nowhere/model.onnx", "--input", "1,8,8")]
    [InlineData("--to must be onnx or safetensors, not 'pt'", "--to", "pt")]
    public async Task What_cannot_be_is_refused_and_nothing_is_written(string reason, params string[] args)
    {
        var (code, _, error) = await Contexts.RunAsync(["export", Model, .. args.Select(arg => arg.EndsWith(".onnx", StringComparison.Ordinal) ? _folder[arg] : arg)]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, string.Join('\n', error), StringComparison.Ordinal);
        Assert.Equal(Model, Assert.Single(Directory.EnumerateFiles(_folder.Path)));
    }
}

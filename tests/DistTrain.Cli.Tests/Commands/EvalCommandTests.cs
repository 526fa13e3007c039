using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Models;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>A model of three classes and two features, on data that are not those it was trained with.</summary>
[Trait("Kind", "Fast")]
public sealed class EvalCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public EvalCommandTests()
    {
        var job = JobFile.Read(null, "defaults", [$"dataset={{name: csv, path: {_folder.Path}}}", "model.name=softmax"]).Job!;
        var layout = ModelBlueprint.Of(job.Spec, [2], 3).Layout;
        var vector = new float[layout.Length];
        // Class 0 where the first feature is large.
        vector[layout.Segments[0].Offset] = 1;
        using var file = File.Create(Model);
        SafeTensorsWriter.Write(file, layout, vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
    }

    private string Model => _folder["model.safetensors"];

    public void Dispose() => _folder.Dispose();

    /// <summary>It was "these weights do not fit the model", and asked for a train.csv.</summary>
    [Fact]
    public async Task Data_may_lack_classes_of_the_model_and_need_no_training_set()
    {
        await WriteAsync("5,1,0\n5,2,0\n5,2,1\n5,0,1\n");
        var (code, output, error) = await Contexts.RunAsync("eval", Model);
        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("on 4 examples", Assert.Single(output), StringComparison.Ordinal);
        Assert.Contains("50", output[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5,1,3\n", "the model has 3 classes, and the data have a label 3; give data of classes 0 to 2")]
    [InlineData("5,0\n", "these weights are not of this model for examples of shape [1]")]
    public async Task Other_data_are_refused_for_what_they_are(string rows, string reason)
    {
        await WriteAsync(rows);
        var (code, _, error) = await Contexts.RunAsync("eval", Model);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, Assert.Single(error), StringComparison.Ordinal);
    }

    private Task WriteAsync(string rows) => File.WriteAllTextAsync(_folder["test.csv"], rows);
}

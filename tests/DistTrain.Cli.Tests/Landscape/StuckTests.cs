using System.Globalization;
using System.Text.Json;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Cli.Tests.Landscape;

/// <summary>
/// Training that is really stuck: from all-zero weights a tanh net learns how frequent its classes are, and nothing else, however long it goes on.
/// </summary>
[Trait("Kind", "Fast")]
public class StuckTests
{
    private const int Examples = 120;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task It_is_a_saddle_and_training_from_the_way_out_ends_lower(int seed)
    {
        NativeEnvironment.Prepare();
        using var folder = new TempFolder();
        var model = folder["model.safetensors"];
        var job = JobFile.Read(null, "defaults", ["dataset={name: digits, trainExamples: 400, testExamples: 10}", "model={name: custom, layers: [flatten, linear: 12, tanh, linear: 10]}", $"seed={seed}"]).Job!;
        var layout = ModelBlueprint.Of(job.Spec, [1, 28, 28], 10).Layout;
        void Write(float[] vector)
        {
            using var file = File.Create(model);
            SafeTensorsWriter.Write(file, layout, vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
        }

        Write(new float[layout.Length]);
        var (stuck, loss) = Descend(model, seed, steps: 60, rate: 2);
        Write(stuck);
        var (code, output, error) = await Contexts.RunAsync(
            "diagnose", model, "--examples", Text(Examples), "--seed", Text(seed), "--directions", "0", "--escape", folder["escaped.safetensors"], "--output", "json");
        Assert.True(code == ExitCode.Done, string.Join('\n', error));
        var found = JsonDocument.Parse(output[^1]).RootElement;
        Assert.Equal("saddle", found.GetProperty("verdict").GetString());
        Assert.True(found.GetProperty("escape").GetProperty("isLower").GetBoolean());

        var (_, without) = Descend(model, seed, steps: 40);
        var (_, with) = Descend(folder["escaped.safetensors"], seed, steps: 40);
        Assert.InRange(without, 0.999 * loss, 1.001 * loss);
        Assert.InRange(with, 0, 0.9 * loss);
    }

    /// <summary>Plain gradient descent over the examples that the diagnosis is over.</summary>
    private static (float[] Weights, double Loss) Descend(string model, int seed, int steps, float rate = 0.5f)
    {
        var saved = SavedModel.Read(model);
        var data = ProbeData.Read(saved, saved.ReadSpec([]), ProbeData.Train, new ExampleCount(Examples, IsFirm: true), CurvatureMode.Evaluation, seed, TextWriter.Null);
        using var objective = new LocalObjective<float>(data.Model, data.Objective, threads: 2);
        var weights = saved.Vector;
        for (var step = 0; step < steps; step++)
        {
            objective.MoveTo(weights);
            var gradient = objective.Gradient(CancellationToken.None).Gradient;
            for (var i = 0; i < gradient.Length; i++)
                weights[i] -= rate * gradient[i];
        }

        objective.MoveTo(weights);
        return (weights, objective.Loss(CancellationToken.None));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

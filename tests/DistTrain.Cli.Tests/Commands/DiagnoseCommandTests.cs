using System.Text.Json;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Models;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>The command as a user gives it, on a net whose exact Hessian is known; weights and data are float32 here, so to its digits.</summary>
[Trait("Kind", "Fast")]
public class DiagnoseCommandTests
{
    [Theory]
    [InlineData("zero_weights_bias_log_freq", "saddle")]
    [InlineData("at_random", "not-critical")]
    [InlineData("all_zero", "not-critical")]
    public async Task The_vectors_points_by_all_their_eigenvalues(string point, string verdict)
    {
        using var net = new SavedNet(point);
        var found = await DiagnoseAsync(net, "--steps", "43", "--top", "2", "--precision", "float64");
        var eigenvalues = SavedNet.Numbers(SavedNet.At(point).GetProperty("eigenvalues_ascending"));
        Assert.Equal(verdict, found.GetProperty("verdict").GetString());
        Assert.Equal(eigenvalues[^1], found.GetProperty("lambdaMax").GetDouble(), 1e-6);
        Assert.Equal(eigenvalues[0], found.GetProperty("lambdaMin").GetDouble(), 1e-6);
        Assert.Equal(eigenvalues[^2], found.GetProperty("largest")[1].GetProperty("value").GetDouble(), 1e-6);
        Assert.Equal(SavedNet.At(point).GetProperty("grad_norm").GetDouble(), found.GetProperty("gradientNorm").GetDouble(), 1e-6);
        Assert.Equal(SavedNet.At(point).GetProperty("loss").GetDouble(), found.GetProperty("loss").GetDouble(), 1e-6);
    }

    /// <summary>All eigenvalues are counted where a recursion has as many steps as there are parameters and needs them all.</summary>
    [Fact]
    public async Task Shares_are_exact_where_all_eigenvalues_are_known()
    {
        using var net = new SavedNet("at_random");
        // The goal's residuals would end it before: as many of the ends as there are eigenvalues.
        var found = await DiagnoseAsync(net, "--steps", "43", "--top", "43", "--precision", "float64");
        var (eigenvalues, tau) = (SavedNet.Numbers(SavedNet.At("at_random").GetProperty("eigenvalues_ascending")), found.GetProperty("curvatureTolerance").GetDouble());
        Assert.True(found.GetProperty("isComplete").GetBoolean());
        Assert.Equal(eigenvalues.Count(e => e > tau) / 43.0, found.GetProperty("positive").GetProperty("value").GetDouble());
        Assert.Equal(eigenvalues.Count(e => e < -tau) / 43.0, found.GetProperty("negative").GetProperty("value").GetDouble());
        Assert.Equal(0, found.GetProperty("positive").GetProperty("error").GetDouble());
        Assert.Equal(eigenvalues.Sum(), found.GetProperty("trace").GetProperty("value").GetDouble(), 1e-5);
    }

    [Fact]
    public async Task The_direction_of_the_smallest_is_named_by_its_tensors_and_all_results_are_in_the_file()
    {
        using var net = new SavedNet("zero_weights_bias_log_freq");
        var found = await DiagnoseAsync(net);
        // Of zero weights the curvature that is negative mixes the layers' weights: a step in one of them alone changes nothing.
        Assert.Equal(["fc1.weight", "fc2.weight"], found.GetProperty("smallestDirection").EnumerateArray().Take(2).Select(share => share.GetProperty("tensor").GetString()!).Order());
        Assert.Equal(1, found.GetProperty("smallestDirection").EnumerateArray().Sum(share => share.GetProperty("share").GetDouble()), 1e-9);
        var file = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(net.Folder, "diagnosis.json"))).RootElement;
        Assert.Equal(1, file.GetProperty("format").GetInt32());
        Assert.Equal(found.GetProperty("sha256").GetString(), file.GetProperty("sha256").GetString());
        Assert.Equal(found.GetProperty("lambdaMin").GetDouble(), file.GetProperty("spectrum")[0].GetProperty("value").GetDouble());
        Assert.Equal(5, file.GetProperty("directions").GetArrayLength());
    }

    /// <summary>One that knows all eigenvalues, and one by random directions.</summary>
    [Fact]
    public async Task Densities_are_drawn_beside_each_other()
    {
        using var whole = new SavedNet("zero_weights_bias_log_freq");
        using var sampled = new SavedNet("at_random");
        await DiagnoseAsync(whole, "--steps", "43", "--top", "43", "--out", Path.Combine(whole.Folder, "whole.json"));
        var picture = Path.Combine(sampled.Folder, "density.svg");
        await DiagnoseAsync(sampled, "--plot", picture, "--beside", Path.Combine(whole.Folder, "whole.json"));
        var drawn = await File.ReadAllTextAsync(picture);
        Assert.Equal(2, drawn.Split(">model.safetensors").Length - 1);
        // Another density, another curve.
        await DiagnoseAsync(sampled, "--plot", picture, "--beside", Path.Combine(sampled.Folder, "diagnosis.json"));
        Assert.NotEqual(drawn, await File.ReadAllTextAsync(picture));

        await DiagnoseAsync(whole, "--directions", "0");
        foreach (var (file, reason) in new[] { ("diagnosis.json", "has no density: it was made with --directions 0"), ("model.safetensors", "this is no diagnosis' file of results"), ("none.json", "none.json") })
        {
            var (code, output, error) = await Contexts.RunAsync("diagnose", sampled.Model, "--plot", picture, "--beside", Path.Combine(whole.Folder, file));
            Assert.Equal(ExitCode.BadInput, code);
            Assert.Contains(reason, Assert.Single(error), StringComparison.Ordinal);
            Assert.Empty(output);
        }
    }

    [Fact]
    public async Task People_read_the_verdict_first()
    {
        using var net = new SavedNet("zero_weights_bias_log_freq");
        var (code, output, error) = await Contexts.RunAsync("diagnose", net.Model, "--examples", "all");
        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        Assert.StartsWith($"{net.Model}: a saddle: curvature from ", output[0], StringComparison.Ordinal);
    }

    /// <summary>What a probe finds is a function of the job, its ranks included, and not of the machine.</summary>
    [Fact]
    public async Task The_same_bits_again_and_others_with_another_number_of_ranks()
    {
        using var net = new SavedNet("at_random");
        var found = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => DiagnoseAsync(net)));
        Assert.Equal(found[0].GetProperty("sha256").GetString(), found[1].GetProperty("sha256").GetString());
        var more = await DiagnoseAsync(net, "--set", "workers=5");
        Assert.NotEqual(found[0].GetProperty("sha256").GetString(), more.GetProperty("sha256").GetString());
        Assert.Equal(found[0].GetProperty("lambdaMin").GetDouble(), more.GetProperty("lambdaMin").GetDouble(), 1e-5);
    }

    [Theory]
    [InlineData("--top 50: the model has 43 parameters, and so many eigenvalues; give at most 43", "--top", "50", "--steps", "60")]
    [InlineData("--top 9: so many eigenvalues need as many products; give at least --steps 9", "--top", "9", "--steps", "8")]
    [InlineData("--examples must be a whole number of at least 1, or all, not '0'", "--examples", "0")]
    [InlineData("--examples 25: the train set has 24; give fewer, or all", "--examples", "25")]
    [InlineData("these weights are not of this model for examples of shape [4]", "--set", "model.layers=[linear: 6, tanh, linear: 3]")]
    [InlineData("--escape /nowhere/at/all.safetensors: there is no folder /nowhere/at", "--escape", "/nowhere/at/all.safetensors")]
    [InlineData("--escape /tmp: this is a folder; name a file", "--escape", "/tmp")]
    [InlineData("--gradient-tolerance must be a number above 0, not '-1'", "--gradient-tolerance", "-1")]
    [InlineData("there is no folder /nowhere/at", "--out", "/nowhere/at/all.json")]
    [InlineData("--plot: a density takes random directions; give at least --directions 1", "--plot", "density.svg", "--directions", "0")]
    [InlineData("--plot /nowhere/at/all.svg: there is no folder /nowhere/at", "--plot", "/nowhere/at/all.svg")]
    [InlineData("--beside: goes into a picture; name its --plot", "--beside", "diagnosis.json")]
    public async Task Bad_input_is_refused_before_the_work(string reason, params string[] options)
    {
        using var net = new SavedNet("at_random");
        var (code, output, error) = await Contexts.RunAsync(["diagnose", net.Model, .. options]);
        Assert.True(error.Any(line => line.Contains(reason, StringComparison.Ordinal)), string.Join('\n', error));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    public async Task Weights_that_are_not_finite_are_named(float value, string shown)
    {
        using var net = new SavedNet("at_random");
        var vector = new float[net.Layout.Length];
        vector[net.Layout.Segments[2].Offset + 3] = value;
        net.Write(vector);
        var (code, _, error) = await Contexts.RunAsync("diagnose", net.Model);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains($"element 3 of {net.Layout.Segments[2].Name} is {shown}", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_basis_that_does_not_fit_into_memory_is_refused()
    {
        using var folder = new TempFolder();
        var job = JobFile.Read(null, "defaults", ["model.name=mlp", "dataset.trainExamples=20", "dataset.testExamples=10"]).Job!;
        var layout = ModelBlueprint.Of(job.Spec, [1, 28, 28], 10).Layout;
        await using (var file = File.Create(folder["model.safetensors"]))
            SafeTensorsWriter.Write(file, layout, new float[layout.Length], new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
        var (code, _, error) = await Contexts.RunAsync("diagnose", folder["model.safetensors"], "--steps", "600000");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("--steps 600000: the directions of 669,706 parameters take ", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_second_derivative_in_training_mode_is_refused()
    {
        using var net = new SavedNet("at_random");
        var job = JobFile.Read(null, "defaults", ["dataset={name: csv, path: " + net.Folder + "}", "model={name: mlp, norm: batch}", "batchNorm.scope=global"]).Job!;
        var layout = ModelBlueprint.Of(job.Spec, [4], 3).Layout;
        await using (var file = File.Create(net.Model))
            SafeTensorsWriter.Write(file, layout, new float[layout.Length], new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
        var (code, _, error) = await Contexts.RunAsync("diagnose", net.Model, "--mode", "training");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("do not go with batchNorm.scope global", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_way_out_of_a_saddle_lowers_the_loss_and_its_weights_are_a_model()
    {
        using var net = new SavedNet("zero_weights_bias_log_freq");
        var found = await DiagnoseAsync(net, "--escape", Path.Combine(net.Folder, "escaped.safetensors"), "--directions", "0");
        var escape = found.GetProperty("escape");
        Assert.True(escape.GetProperty("isLower").GetBoolean());
        Assert.Equal(found.GetProperty("loss").GetDouble(), escape.GetProperty("lossBefore").GetDouble());
        // What was told of the new weights is true of the file.
        net.MoveTo(escape.GetProperty("file").GetString()!);
        var there = await DiagnoseAsync(net, "--directions", "0");
        Assert.Equal(escape.GetProperty("lossAfter").GetDouble(), there.GetProperty("loss").GetDouble(), 1e-12);
        Assert.Equal(escape.GetProperty("weightsSha256").GetString(), there.GetProperty("weightsSha256").GetString());
        // At least half of the hundredth that the curvature alone would take away with the first step.
        Assert.InRange(there.GetProperty("loss").GetDouble(), 0, 0.995 * found.GetProperty("loss").GetDouble());
        Assert.Equal("not-critical", there.GetProperty("verdict").GetString());
    }

    /// <summary>Softmax regression is convex.</summary>
    [Fact]
    public async Task Without_negative_curvature_nothing_is_written_and_it_says_why()
    {
        using var net = new SavedNet("at_random");
        var job = JobFile.Read(null, "defaults", ["dataset={name: csv, path: " + net.Folder + "}", "model.name=softmax"]).Job!;
        var layout = ModelBlueprint.Of(job.Spec, [4], 3).Layout;
        await using (var file = File.Create(net.Model))
            SafeTensorsWriter.Write(file, layout, new float[layout.Length], new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(job) });
        var target = Path.Combine(net.Folder, "escaped.safetensors");
        var (code, output, _) = await Contexts.RunAsync("diagnose", net.Model, "--escape", target);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains(output, line => line.Contains("there is no direction of negative curvature to leave along", StringComparison.Ordinal));
        Assert.False(File.Exists(target));
    }

    private static async Task<JsonElement> DiagnoseAsync(SavedNet net, params string[] options)
    {
        var (code, output, error) = await Contexts.RunAsync(["diagnose", net.Model, "--output", "json", .. options]);
        Assert.Empty(error);
        Assert.Equal(ExitCode.Done, code);
        return JsonDocument.Parse(output[^1]).RootElement;
    }
}

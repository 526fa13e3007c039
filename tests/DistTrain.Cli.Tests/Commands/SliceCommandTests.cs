using System.Text.Json;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public class SliceCommandTests
{
    [Fact]
    public async Task From_one_checkpoint_to_another_and_beyond()
    {
        using var one = new SavedNet("at_random");
        using var other = new SavedNet("after_4000_gd_steps_lr_0.5");
        var picture = Path.Combine(one.Folder, "between.svg");
        var events = await SliceAsync(one, "--to", other.Model, "--points", "4", "--precision", "float64", "--plot", picture);
        Assert.Equal([-1, 0, 1, 2], events[..4].Select(point => point.GetProperty("alpha").GetDouble()));
        Assert.Equal(SavedNet.At("at_random").GetProperty("loss").GetDouble(), Loss(events[1]), 1e-6);
        Assert.Equal(SavedNet.At("after_4000_gd_steps_lr_0.5").GetProperty("loss").GetDouble(), Loss(events[2]), 1e-6);
        Assert.Equal(("sliced", 4), (events[^1].GetProperty("event").GetString(), events[^1].GetProperty("points").GetInt32()));
        Assert.Equal(events[..4].Min(Loss), Loss(events[^1].GetProperty("lowest")));
        Assert.Contains("<svg", await File.ReadAllTextAsync(picture), StringComparison.Ordinal);
        // A model file has no step; the file has what was printed.
        var file = events[^1].GetProperty("file").GetString()!;
        Assert.Equal(Path.Combine(one.Folder, "slice-between.json"), file);
        Assert.Equal(events[..4].Select(Loss), SliceFile.Read(file)["losses"]!.AsArray().Select(point => point!["loss"]!.GetValue<double>()));
    }

    [Fact]
    public async Task A_plane_has_the_weights_in_its_middle()
    {
        using var net = new SavedNet("after_4000_gd_steps_lr_0.5");
        var picture = Path.Combine(net.Folder, "plane.svg");
        var events = await SliceAsync(net, "--dimensions", "2", "--points", "5", "--plot", picture);
        Assert.Equal(26, events.Count);
        var middle = events[12];
        Assert.Equal((0, 0), (middle.GetProperty("alpha").GetDouble(), middle.GetProperty("beta").GetDouble()));
        Assert.Equal(SavedNet.At("after_4000_gd_steps_lr_0.5").GetProperty("loss").GetDouble(), Loss(middle), 1e-5);
        Assert.Contains("<svg", await File.ReadAllTextAsync(picture), StringComparison.Ordinal);
        // The same again has the same losses, another seed others.
        Assert.Equal(events[..25].Select(Loss), (await SliceAsync(net, "--dimensions", "2", "--points", "5"))[..25].Select(Loss));
        Assert.NotEqual(Loss(events[0]), Loss((await SliceAsync(net, "--dimensions", "2", "--points", "5", "--seed", "2"))[0]));
    }

    [Fact]
    public async Task People_get_a_table()
    {
        using var net = new SavedNet("at_random");
        var (code, output, error) = await Contexts.RunAsync("slice", net.Model, "--points", "3");
        Assert.Equal(ExitCode.Done, code);
        Assert.Empty(error);
        Assert.Equal(["α", "loss", "accuracy"], output[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["-1.0000", "0.0000", "1.0000"], output[1..4].Select(line => line.Trim().Split(' ')[0]));
        Assert.StartsWith($"{net.Model}: loss over 24 examples of the train set, evaluation mode: lowest ", output[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--points 1: a line has at least 2 points", "--points", "1")]
    [InlineData("between two checkpoints there is one direction", "--dimensions", "2", "--to", "other")]
    [InlineData("--plot /nowhere/at/all.svg: there is no folder /nowhere/at", "--plot", "/nowhere/at/all.svg")]
    [InlineData("--dimensions must be 1 or 2, not '3'", "--dimensions", "3")]
    public async Task Bad_input_is_refused(string reason, params string[] options)
    {
        using var net = new SavedNet("at_random");
        var (code, output, error) = await Contexts.RunAsync(["slice", net.Model, .. options]);
        Assert.True(error.Any(line => line.Contains(reason, StringComparison.Ordinal)), string.Join('\n', error));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Weights_of_another_model_are_no_other_end()
    {
        using var net = new SavedNet("at_random");
        using var other = new SavedNet(null, "model.layers=[linear: 6, tanh, linear: 3]");
        var (code, _, error) = await Contexts.RunAsync("slice", net.Model, "--to", other.Model);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("these weights are of another model than", Assert.Single(error), StringComparison.Ordinal);
    }

    private static double Loss(JsonElement point) => point.GetProperty("loss").GetDouble();

    private static async Task<List<JsonElement>> SliceAsync(SavedNet net, params string[] options)
    {
        var (code, output, error) = await Contexts.RunAsync(["slice", net.Model, "--output", "json", .. options]);
        Assert.True(code == ExitCode.Done, string.Join('\n', error));
        return [.. output.Select(line => JsonDocument.Parse(line).RootElement)];
    }
}

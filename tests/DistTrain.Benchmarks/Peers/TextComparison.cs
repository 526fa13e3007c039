using System.Globalization;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Order;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;

namespace DistTrain.Benchmarks.Peers;

/// <summary>
/// A transformer of a million parameters over characters, 2 ranks on 2 silos, beside PyTorch's own modules in one process, from the same weights and over the
/// same batches: <c>text --data DIR --optimizer adamw --python COMMAND --folder DIR</c>.
/// </summary>
internal static class TextComparison
{
    private const int Steps = 300;
    private const int Every = 50;

    private static readonly Dictionary<string, double> Rates = new() { ["adamw"] = 0.001, ["lamb"] = 0.01 };

    /// <returns>0 when the validation losses after the last step agree to 1 %.</returns>
    public static async Task<int> RunAsync(string data, string optimizer, string python, string folder, string? seenAs)
    {
        NativeEnvironment.Prepare();
        string[] settings =
        [
            "dataset.name=text", $"dataset.path={Path.GetFullPath(data)}", "dataset.context=64", "dataset.validation=2048",
            "model={name: transformer, width: 144, depth: 4, heads: 4}", "workers=2", "batch=32", $"steps={Steps}", "evaluation.everyEpochs=0",
            $"optimizer.name={optimizer}", $"optimizer.lr={Rates[optimizer].ToString(CultureInfo.InvariantCulture)}", "optimizer.weightDecay=0.01",
        ];
        var script = new PyTorchScript(python, folder, seenAs, "transformer_text.py");
        WriteInputs(JobFile.Read(null, "defaults", settings).Job!.Spec, script);
        var theirs = script.Run().Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToList();
        var (events, _) = await Self.TrainAsync(data: null, settings);
        List<double> ours = [.. events.Where(e => Name(e) == "step").Select(e => e.GetProperty("loss").GetDouble()), events.Single(e => Name(e) == "completed").GetProperty("validationLoss").GetDouble()];
        if (ours.Count != Steps + 1 || theirs.Count != Steps + 1)
            throw new InvalidOperationException($"{Steps} steps and an evaluation were asked for, {ours.Count} losses came from disttrain and {theirs.Count} from PyTorch");
        var deviations = ours.Zip(theirs, (mine, other) => Math.Abs(mine - other) / other).ToList();
        for (var step = 0; step < Steps; step += step == 0 ? Every - 1 : Every)
            Console.WriteLine(Line($"step {step + 1,3}   ", step));
        Console.WriteLine(Line("validation ", Steps));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest relative deviation over {Steps} steps: {deviations[..Steps].Max():E1}, over the first {Every}: {deviations[..Every].Max():E1}"));
        return deviations[Steps] <= 0.01 ? 0 : 1;

        string Line(string what, int at) => string.Create(CultureInfo.InvariantCulture, $"{what} disttrain {ours[at]:F6}  pytorch {theirs[at]:F6}  relative {deviations[at]:E1}");
    }

    private static void WriteInputs(TrainingSpec spec, PyTorchScript script)
    {
        var data = DatasetReader.Read(spec.Dataset);
        var (train, options, batch) = (data.Train, spec.Optimizer.Options, spec.Batch);
        script.WriteWeights(spec, train);
        script.Write("settings.json", new
        {
            context = spec.Dataset.Context,
            heads = spec.Model.Size!.Heads,
            batch,
            optimizer = spec.Optimizer.Name,
            lr = options.Number("lr"),
            betas = (double[])[options.Number("beta1"), options.Number("beta2")],
            epsilon = options.Number("epsilon"),
            weightDecay = options.Number("weightDecay"),
        });
        var order = Permutation.Of(spec.Seed, group: 0, epoch: 0, train.Count)[..(Steps * batch)];
        script.Write("batches.bin", order.SelectMany(example => WithLabels(train, example)).ToArray());
        script.Write("validation.bin", Enumerable.Range(0, data.Validation!.Count).SelectMany(example => WithLabels(data.Validation, example)).ToArray());
    }

    /// <summary>An example's tokens and the one behind them, [context + 1].</summary>
    private static IEnumerable<int> WithLabels(ExampleSet set, int example)
    {
        var (tokens, labels) = (new float[set.Features], new long[set.Targets]);
        set.CopyFeatures(example, tokens);
        set.CopyLabels(example, labels);
        return [(int)tokens[0], .. labels.Select(label => (int)label)];
    }

    private static string? Name(JsonElement said) => said.GetProperty("event").GetString();
}

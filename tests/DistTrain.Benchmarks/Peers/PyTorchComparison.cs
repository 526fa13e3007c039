using System.Globalization;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Order;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;

namespace DistTrain.Benchmarks.Peers;

/// <summary>
/// The first steps of the mlp on MNIST by momentum, one rank, beside PyTorch from the same weights and over the same batches:
/// <c>pytorch --data DIR --python COMMAND --folder DIR</c>. COMMAND is followed by the script's path and the folder's, both as COMMAND sees them.
/// </summary>
internal static class PyTorchComparison
{
    private const int Batch = 128;
    private const int Steps = 50;
    private const double Rate = 0.05;

    /// <returns>0 when every loss agrees to 1e-4 relative.</returns>
    public static async Task<int> RunAsync(string data, string python, string folder, string? seenAs)
    {
        var script = new PyTorchScript(python, folder, seenAs, "momentum_mlp.py");
        WriteInputs(data, script);
        var ours = await OurLossesAsync(data);
        var theirs = script.Run().Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToList();
        var largest = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            var deviation = Math.Abs(ours[step] - theirs[step]) / theirs[step];
            largest = Math.Max(largest, deviation);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step + 1,2}  disttrain {ours[step]:F7}  pytorch {theirs[step]:F7}  relative {deviation:E1}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest relative deviation over {Steps} steps: {largest:E2}"));
        return largest <= 1e-4 ? 0 : 1;
    }

    private static string[] Settings =>
    [
        "model.name=mlp", "workers=1", $"batch={Batch}", $"steps={Steps}", "evaluation.everyEpochs=0",
        $"optimizer.lr={Rate.ToString(CultureInfo.InvariantCulture)}", "optimizer.momentum=0.9",
    ];

    private static void WriteInputs(string data, PyTorchScript script)
    {
        NativeEnvironment.Prepare();
        var spec = JobFile.Read(null, "defaults", ["dataset.name=mnist", $"dataset.path={data}", .. Settings]).Job!.Spec;
        var train = DatasetReader.Read(spec.Dataset).Train;
        script.WriteWeights(spec, train);
        script.Write("settings.json", new { batch = Batch, lr = Rate, momentum = 0.9 });
        script.Write("order.bin", Permutation.Of(spec.Seed, group: 0, epoch: 0, train.Count)[..(Steps * Batch)]);
        var (images, labels) = (new byte[train.Count * 784], new byte[train.Count]);
        var pixels = new float[784];
        for (var i = 0; i < train.Count; i++)
        {
            train.CopyFeatures(i, pixels);
            for (var p = 0; p < pixels.Length; p++)
                images[(i * 784) + p] = (byte)Math.Round(pixels[p] * 255);
            labels[i] = (byte)train.Label(i);
        }

        script.Write("images.bin", images);
        script.Write("labels.bin", labels);
    }

    private static async Task<IReadOnlyList<double>> OurLossesAsync(string data)
    {
        var (events, _) = await Self.TrainAsync(data, Settings);
        return [.. events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("loss").GetDouble())];
    }
}

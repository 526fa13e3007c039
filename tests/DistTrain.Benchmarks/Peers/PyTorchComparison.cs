using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;

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
        Directory.CreateDirectory(folder);
        WriteInputs(data, folder);
        var ours = await OurLossesAsync(data);
        var theirs = TheirLosses(python, seenAs ?? folder);
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

    private static void WriteInputs(string data, string folder)
    {
        NativeEnvironment.Prepare();
        var spec = JobFile.Read(null, "defaults", ["dataset.name=mnist", $"dataset.path={data}", .. Settings]).Job!.Spec;
        var train = DatasetReader.Read(spec.Dataset).Train;
        var layout = ModelBlueprint.Of(spec, train.Shape, train.Classes).Layout;
        var weights = new float[layout.Length];
        VersionZero.Fill(layout, spec.Seed, 0, weights);
        Write("weights.bin", MemoryMarshal.AsBytes(weights.AsSpan()));
        Write("layout.json", JsonSerializer.SerializeToUtf8Bytes(layout.Segments.Select(s => new { name = s.Name, offset = s.Offset, shape = s.Shape })));
        Write("settings.json", JsonSerializer.SerializeToUtf8Bytes(new { batch = Batch, lr = Rate, momentum = 0.9 }));
        var order = Permutation.Of(spec.Seed, group: 0, epoch: 0, train.Count)[..(Steps * Batch)];
        Write("order.bin", MemoryMarshal.AsBytes(order.AsSpan()));
        var (images, labels) = (new byte[train.Count * 784], new byte[train.Count]);
        var pixels = new float[784];
        for (var i = 0; i < train.Count; i++)
        {
            train.CopyFeatures(i, pixels);
            for (var p = 0; p < pixels.Length; p++)
                images[(i * 784) + p] = (byte)Math.Round(pixels[p] * 255);
            labels[i] = (byte)train.Label(i);
        }

        Write("images.bin", images);
        Write("labels.bin", labels);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Peers", "momentum_mlp.py"), Path.Combine(folder, "momentum_mlp.py"), overwrite: true);

        void Write(string name, ReadOnlySpan<byte> bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    private static async Task<IReadOnlyList<double>> OurLossesAsync(string data)
    {
        var (events, _) = await Self.TrainAsync(data, Settings);
        return [.. events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("loss").GetDouble())];
    }

    private static List<double> TheirLosses(string python, string folder)
    {
        var words = python.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var info = new ProcessStartInfo(words[0], [.. words[1..], $"{folder}/momentum_mlp.py", folder]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"{python} ended with {process.ExitCode}");
    }
}

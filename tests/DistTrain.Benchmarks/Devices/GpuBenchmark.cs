using System.Globalization;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;

namespace DistTrain.Benchmarks.Devices;

/// <summary>
/// What is to be seen on a machine with an NVIDIA GPU, in less than ten minutes: what <c>doctor</c> says; the same bits three times and through killed
/// processes; how far weights after twenty steps are from the processor's, tensor by tensor; images/s of both. Two ranks on two silos. A machine without one
/// rehearses it, with devices that the processor plays (<c>--rehearse</c>).
/// </summary>
internal static class GpuBenchmark
{
    private static readonly (string Name, string[] Settings)[] Models =
    [
        ("cnn", ["model.name=cnn", "batch=256"]),
        ("resnet20", ["model.name=resnet20", "batch=128"]),
    ];

    /// <param name="data">Folder of the MNIST files; null: the built-in digits.</param>
    /// <param name="steps">Timed steps of each model, behind half as many that are not.</param>
    /// <param name="rehearses">The processor plays the devices.</param>
    /// <param name="only">A part of the models' names; null: all.</param>
    public static async Task RunAsync(string? data, int steps, bool rehearses, string? only)
    {
        // Children inherit it.
        if (rehearses)
            Environment.SetEnvironmentVariable("DISTTRAIN_DEVICE", "staged:1");
        await PrintAsync(["doctor"]);
        Console.WriteLine();
        Console.WriteLine("| model | weightsSha256 on devices, three times | largest difference from the processor after 20 steps, of a tensor's norm | images/s on devices | on processors |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (name, settings) in Models.Where(m => only is null || m.Name.Contains(only, StringComparison.Ordinal)))
        {
            var shas = new List<string>();
            for (var time = 0; time < 3; time++)
                shas.Add((await TrainAsync(data, DeviceKinds.Cuda, 20, settings)).Sha);
            var (onDevice, onProcessor) = (await TrainAsync(data, DeviceKinds.Cuda, 20, settings), await TrainAsync(data, DeviceKinds.Cpu, 20, settings));
            var (device, processor) = (await TrainAsync(data, DeviceKinds.Cuda, steps * 3 / 2, settings), await TrainAsync(data, DeviceKinds.Cpu, steps * 3 / 2, settings));
            Console.WriteLine(Invariant(
                $"| {name} | {string.Join(", ", shas.Select(sha => sha[..8]))} | {LargestDifference(onDevice, onProcessor)} | {device.ImagesPerSecond(steps):F0} | {processor.ImagesPerSecond(steps):F0} |"));
        }

        Console.WriteLine();
        using var folder = new TempFolder();
        await PrintAsync(["chaos", "--page", "off", "--out", folder.Path, "--set", $"device={DeviceKinds.Cuda}"]);
    }

    private static async Task PrintAsync(string[] arguments)
    {
        using var process = Self.StartQuiet(arguments, _ => { });
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            Console.WriteLine($"    {line}");
        await process.WaitForExitAsync();
        Console.WriteLine(Invariant($"    (exit code {process.ExitCode})"));
    }

    private static async Task<Ended> TrainAsync(string? data, string device, int steps, string[] settings)
    {
        using var folder = new TempFolder();
        using var process = Self.StartTrain(folder.Path, data, [.. settings, $"device={device}", $"steps={steps}", "workers=2", "evaluation.everyEpochs=0", "dataset.testExamples=100"]);
        var (sha, speeds) = (string.Empty, new List<double>());
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            var told = json.RootElement;
            switch (told.GetProperty("event").GetString())
            {
                case "step":
                    speeds.Add(told.GetProperty("examples").GetInt32() * 1000 / told.GetProperty("milliseconds").GetDouble());
                    break;
                case "completed":
                    sha = told.GetProperty("weightsSha256").GetString()!;
                    break;
            }
        }

        await process.WaitForExitAsync();
        if (sha.Length == 0)
            throw new InvalidOperationException($"train on {device} ended with {process.ExitCode}");
        using var model = SafeTensorsReader.Open(Path.Combine(folder.Path, "run", "model.safetensors"));
        var layout = model.Layout()!;
        var vector = new float[layout.Length];
        model.Fill(layout, vector);
        return new Ended(sha, speeds, layout, vector);
    }

    /// <summary>The tensor that is furthest off, and by how much of its norm.</summary>
    private static string LargestDifference(Ended one, Ended other)
    {
        var (name, largest) = (string.Empty, -1.0);
        foreach (var segment in one.Layout.Segments)
        {
            var a = one.Vector.AsSpan(segment.Offset, segment.Length);
            var b = other.Vector.AsSpan(segment.Offset, segment.Length);
            var (difference, norm) = (0.0, 0.0);
            for (var i = 0; i < a.Length; i++)
                (difference, norm) = (difference + (((double)a[i] - b[i]) * ((double)a[i] - b[i])), norm + ((double)b[i] * b[i]));
            var share = norm > 0 ? Math.Sqrt(difference / norm) : difference > 0 ? double.PositiveInfinity : 0;
            if (share > largest)
                (name, largest) = (segment.Name, share);
        }

        return Invariant($"{largest:0.0e+0} ({name})");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a run has come to.</summary>
    private sealed record Ended(string Sha, IReadOnlyList<double> Speeds, ParameterLayout Layout, float[] Vector)
    {
        /// <summary>The median of its last steps.</summary>
        public double ImagesPerSecond(int steps) => Speeds.TakeLast(steps).Order().ElementAt(Math.Min(steps, Speeds.Count) / 2);
    }
}

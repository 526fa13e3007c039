using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Models;

namespace DistTrain.Benchmarks.Peers;

/// <summary>A script of this folder under PyTorch: what it reads is written into a folder, and the script beside it.</summary>
/// <param name="python">The command; followed by the script's path and the folder's, both as it sees them.</param>
/// <param name="folder">The folder; it is made.</param>
/// <param name="seenAs">The same as the command sees it; null: the same.</param>
/// <param name="script">The script's name.</param>
internal sealed class PyTorchScript(string python, string folder, string? seenAs, string script)
{
    /// <summary>The weights that a job begins with, and which tensors they are: weights.bin (float32) and layout.json.</summary>
    public void WriteWeights(TrainingSpec spec, ExampleSet examples)
    {
        var layout = ModelBlueprint.Of(spec, examples.Shape, examples.Classes).Layout;
        var weights = new float[layout.Length];
        VersionZero.Fill(layout, spec.Seed, 0, weights);
        Write("weights.bin", weights);
        Write("layout.json", layout.Segments.Select(s => new { name = s.Name, offset = s.Offset, shape = s.Shape, kind = s.Kind.ToString().ToLowerInvariant() }));
    }

    public void Write<T>(string name, T[] values)
        where T : unmanaged
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name), MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public void Write(string name, object json)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name), JsonSerializer.SerializeToUtf8Bytes(json));
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The lines that it printed.</returns>
    public IReadOnlyList<string> Run()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Peers", script), Path.Combine(folder, script), overwrite: true);
        var words = python.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var seen = seenAs ?? folder;
        var info = new ProcessStartInfo(words[0], [.. words[1..], $"{seen}/{script}", seen]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"{python} ended with {process.ExitCode}");
    }
}

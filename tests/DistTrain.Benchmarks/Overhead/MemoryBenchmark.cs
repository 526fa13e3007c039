using System.Globalization;
using System.Text.Json;

namespace DistTrain.Benchmarks.Overhead;

/// <summary>Whether a silo's resident size grows: it is read from the system when steps 200 and 2,000 are committed.</summary>
internal static class MemoryBenchmark
{
    public static async Task RunAsync(string? data)
    {
        using var folder = new TempFolder();
        using var process = Self.StartTrain(folder.Path, data, "model.name=mlp", "batch=128", "workers=2", "steps=2050", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        Console.WriteLine("| step | resident size of each silo, MiB |");
        Console.WriteLine("|---|---|");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("event").GetString() == "step"
                && json.RootElement.GetProperty("step").GetInt64() is 200 or 500 or 1000 or 2000)
            {
                Console.WriteLine($"| {json.RootElement.GetProperty("step")} | {string.Join(", ", Silos(folder.Path).Select(s => s.ToString("F1", CultureInfo.InvariantCulture)))} |");
            }
        }

        await process.WaitForExitAsync();
    }

    /// <summary>Resident sizes of the worker processes whose command line names the folder.</summary>
    private static IEnumerable<double> Silos(string folder) =>
        Directory.EnumerateDirectories("/proc")
            .Where(d => int.TryParse(Path.GetFileName(d), out _) && Read(d, "cmdline").Replace('\0', ' ') is var command
                && command.Contains(" worker ", StringComparison.Ordinal) && command.Contains(folder, StringComparison.Ordinal))
            .Select(d => Read(d, "status").Split('\n').First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)))
            .Select(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024);

    private static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}

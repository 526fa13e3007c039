using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using DistTrain.Torch.Hosting;

namespace DistTrain.Benchmarks.Overhead;

/// <summary>Starts this program, or <c>disttrain</c> from the same checkout, with the same settings of the allocator on both sides.</summary>
internal static class Self
{
    /// <summary>The executable of this checkout.</summary>
    public static readonly string DistTrain = typeof(Self).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "Executable").Value!;

    public static Process Start(IEnumerable<string> arguments) => Start(Environment.ProcessPath!, arguments);

    /// <summary>Starts <c>disttrain</c> with any arguments.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logged">Told of each line of its log.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    public static Process StartQuiet(IEnumerable<string> arguments, Action<string> logged, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = Start(DistTrain, arguments, quiet: true, environment);
        process.ErrorDataReceived += (_, e) => logged(e.Data ?? string.Empty);
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Starts <c>disttrain train</c> on two silos in a temporary folder.</summary>
    public static Process StartTrain(string folder, string? data, params string[] settings) => StartTrainOf(DistTrain, folder, data, settings);

    /// <summary>The same with the program of another build.</summary>
    public static Process StartTrainOf(string program, string folder, string? data, params string[] settings)
    {
        List<string> set = [.. settings];
        if (data is not null)
            set.AddRange(["dataset.name=mnist", $"dataset.path={data}"]);
        return Start(program, ["train", "--silos", "2", "--output", "json", "--out", Path.Combine(folder, "run"), .. set.SelectMany(s => new[] { "--set", s })]);
    }

    /// <summary>Runs <c>disttrain train</c> to its end and returns its events and what its processes logged.</summary>
    public static async Task<(IReadOnlyList<JsonElement> Events, IReadOnlyList<string> Log)> TrainAsync(string? data, params string[] settings)
    {
        using var folder = new TempFolder();
        using var process = StartTrain(folder.Path, data, settings);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"disttrain train ended with {process.ExitCode}: {output}");
        return (
            [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)],
            [.. Directory.EnumerateFiles(folder.Path, "*.log", SearchOption.AllDirectories).Order().SelectMany(File.ReadLines)]);
    }

    private static Process Start(string executable, IEnumerable<string> arguments, bool quiet = false, IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo(executable, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = quiet,
        };
        foreach (var (name, value) in NativeEnvironment.ForChildren())
            info.Environment[name] = value;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        return Process.Start(info)!;
    }
}

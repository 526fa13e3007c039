using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace DistTrain.Deployment.Tests;

/// <summary>Programs that the tests ask.</summary>
internal static class Tool
{
    // Each is asked once.
    private static readonly ConcurrentDictionary<string, string> _helps = new();
    private static readonly ConcurrentDictionary<string, string> _rendered = new();

    public static string Repository { get; } = Path.GetFullPath(Metadata("Repository"));

    /// <summary>The program as this checkout has built it.</summary>
    public static string Executable { get; } = Path.GetFullPath(Metadata("Executable"));

    /// <summary>What <c>kubectl kustomize</c> renders; the test that asks is skipped where kubectl is not installed.</summary>
    public static string Render(string overlay) => _rendered.GetOrAdd(overlay, o => RenderFolder(Path.Combine(Repository, "k8s", "overlays", o)));

    /// <summary>The same with a component added.</summary>
    public static string RenderWith(string overlay, string component)
    {
        var folder = Directory.CreateTempSubdirectory("disttrain-");
        try
        {
            string Of(params string[] names) => Path.GetRelativePath(folder.FullName, Path.Combine([Repository, "k8s", .. names]));
            File.WriteAllText(Path.Combine(folder.FullName, "kustomization.yaml"), $"resources: [{Of("overlays", overlay)}]\ncomponents: [{Of("components", component)}]\n");
            return RenderFolder(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string RenderFolder(string folder)
    {
        try
        {
            return Run("kubectl", "kustomize", folder);
        }
        catch (Win32Exception)
        {
            Assert.Skip("kubectl is not installed");
            throw;
        }
    }

    /// <summary>The options of a command of <c>disttrain</c>, as its help names them.</summary>
    public static HashSet<string> Options(string command) =>
        [.. _helps.GetOrAdd(command, c => Run(Executable, c, "--help")).Split([' ', ',', '\n', '\r', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith("--", StringComparison.Ordinal))];

    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="Win32Exception">It is not installed.</exception>
    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }

    private static string Metadata(string key) =>
        typeof(Tool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}

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

    /// <summary>What <c>kubectl kustomize</c> renders; the test that asks is skipped where kubectl is not installed.</summary>
    public static string Render(string overlay)
    {
        try
        {
            return _rendered.GetOrAdd(overlay, o => Run("kubectl", "kustomize", Path.Combine(Repository, "k8s", "overlays", o)));
        }
        catch (Win32Exception)
        {
            Assert.Skip("kubectl is not installed");
            throw;
        }
    }

    /// <summary>What a command of <c>disttrain</c> says of its options.</summary>
    public static string Help(string command) => _helps.GetOrAdd(command, c => Run(Metadata("Executable"), c, "--help"));

    private static string Run(string program, params string[] arguments)
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

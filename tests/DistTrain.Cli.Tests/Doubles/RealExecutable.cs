using System.Diagnostics;

namespace DistTrain.Cli.Tests.Doubles;

/// <summary>The real executable as a process.</summary>
internal static class RealExecutable
{
    public static string FileName { get; } = Path.Combine(AppContext.BaseDirectory, "disttrain");

    public static Process Start(string workingFolder, params string[] args) => Process.Start(new ProcessStartInfo(FileName, args)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        WorkingDirectory = workingFolder,
    })!;

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string[] Output, string Error)> RunAsync(string workingFolder, params string[] args)
    {
        using var process = Start(workingFolder, args);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().For($"the end of disttrain {string.Join(' ', args)}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        return (process.ExitCode, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await error);
    }
}

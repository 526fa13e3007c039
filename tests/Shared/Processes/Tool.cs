using System.ComponentModel;
using System.Diagnostics;

namespace DistTrain.Tests.Processes;

/// <summary>Programs that are run to their end. A test that asks for one that is not installed is skipped.</summary>
internal static class Tool
{
    /// <summary>Far beyond what any of them takes, also on a busy machine.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> RunAsync(string program, params string[] arguments) =>
        (await EndAsync(new ProcessStartInfo(program, arguments))).Checked;

    /// <summary>Gives it all its input, if any, and waits for its end.</summary>
    public static async Task<ToolResult> EndAsync(ProcessStartInfo start, string input = "", TimeSpan? limit = null)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading it, and says why.
        }

        var name = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        try
        {
            await process.WaitForExitAsync().For($"the end of {name}", limit: limit ?? _limit);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        return new ToolResult(name, process.ExitCode, await output, await errors);
    }

    /// <summary>Starts one.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception) when (Path.GetFileName(start.FileName) == start.FileName)
        {
            // A path is one of this checkout's own programs, which have to be there.
            Assert.Skip($"{start.FileName} is not installed");
            throw;
        }
    }
}

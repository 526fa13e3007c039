using System.Diagnostics;
using DistTrain.Tests.Processes;

namespace DistTrain.Deployment.Tests.Processes;

/// <summary>Names that are this machine for some processes alone, as a cluster's names are for its pods.</summary>
internal static class HostsFile
{
    private const string BindAndBecome = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";

    /// <summary>Writes the file.</summary>
    /// <returns>A program that starts another with it; the test is skipped where that takes more rights than there are.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(string file, IEnumerable<string> names)
    {
        await File.WriteAllTextAsync(file, $"127.0.0.1 localhost {string.Join(' ', names)}\n");
        string[] program = ["unshare", "--mount", "sh", "-c", BindAndBecome, file];
        var tried = await Tool.EndAsync(new ProcessStartInfo(program[0], [.. program[1..], "true"]));
        Assert.SkipUnless(tried.ExitCode == 0, $"no hosts file of its own for a process: {tried.Errors.Trim()}");
        return program;
    }
}

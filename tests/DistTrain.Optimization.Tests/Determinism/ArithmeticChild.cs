using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DistTrain.Optimization.Tests.Determinism;

/// <summary>
/// The arithmetic of a server in a process of its own, where .NET was told at its start which instructions there are. The child is this test program once
/// more, with a role in its environment.
/// </summary>
internal static class ArithmeticChild
{
    private const string Role = "DISTTRAIN_TEST_ROLE";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>What this process can do: the first line of a child.</summary>
    public static string Instructions => $"vectors of {8 * Vector<byte>.Count} bits, AVX2 {Avx2.IsSupported}, FMA {Fma.IsSupported}, any {Vector128.IsHardwareAccelerated}";

    /// <summary>Runs a child and returns its lines: <see cref="Instructions"/>, then <see cref="ServerArithmetic.Digests"/>.</summary>
    /// <param name="environment">name=value.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(params IEnumerable<string> environment)
    {
        var program = Path.ChangeExtension(typeof(ArithmeticChild).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null)!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var variable in environment.Append($"{Role}=arithmetic").Select(v => v.Split('=')))
            start.Environment[variable[0]] = variable[1];
        using var process = Process.Start(start)!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Limit);
            await process.WaitForExitAsync().WaitAsync(Limit);
            Assert.Equal(0, process.ExitCode);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>In a child: prints its lines.</summary>
    /// <returns>Whether this process is a child.</returns>
    public static bool TakeRole()
    {
        if (Environment.GetEnvironmentVariable(Role) is null)
            return false;
        Console.Out.NewLine = "\n";
        Console.WriteLine(Instructions);
        foreach (var line in ServerArithmetic.Digests(threads: 2))
            Console.WriteLine(line);
        return true;
    }
}

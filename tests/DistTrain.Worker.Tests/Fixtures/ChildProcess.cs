using System.Diagnostics;
using DistTrain.Worker.Tests.Cluster;

namespace DistTrain.Worker.Tests.Fixtures;

/// <summary>
/// A role of a test that needs a process of its own, to race with or to kill. The child is this test program once more: the role's
/// name in its environment takes it another way than the tests' runner. It ends with its parent, whose end closes its input.
/// </summary>
public sealed class ChildProcess : IDisposable
{
    private const string Role = "DISTTRAIN_TEST_ROLE";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static ChildProcess Start(string role, params ReadOnlySpan<string> arguments)
    {
        var program = Path.ChangeExtension(typeof(ChildProcess).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null)!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[Role] = string.Join('\n', [role, .. arguments]);
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line the child writes.</summary>
    /// <exception cref="InvalidOperationException">It ended without one.</exception>
    public async Task<string> ReadLineAsync(TimeSpan limit) =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(limit)
            ?? throw new InvalidOperationException($"Child process {_process.Id} ended early.");

    /// <summary>Tells the child to go on.</summary>
    public Task WriteLineAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>SIGKILL: the child notices nothing.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    /// <summary>In a child: plays its role to the end.</summary>
    /// <returns>Whether this process is a child.</returns>
    internal static async Task<bool> TakeRoleAsync()
    {
        if (Environment.GetEnvironmentVariable(Role)?.Split('\n') is not [var role, .. var arguments])
            return false;
        await (role switch
        {
            MembershipRace.Role => MembershipRace.RunAsync(arguments),
            SiloProcess.Role => SiloProcess.RunAsync(arguments),
            _ => throw new InvalidOperationException($"No role {role}"),
        });
        return true;
    }
}

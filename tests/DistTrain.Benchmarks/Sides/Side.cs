using System.Globalization;
using DistTrain.Benchmarks.Recovery;

namespace DistTrain.Benchmarks.Sides;

/// <summary>One of two ways to train that are compared: its processes, and the one that tells each step.</summary>
internal sealed record Side(Role Watch, IReadOnlyList<Role> Roles)
{
    public Task StepAsync(int step) => Watch.WaitAsync(e => Role.IsStep(e) && e.GetProperty("step").GetInt64() >= step);

    /// <summary>What was committed between two moments.</summary>
    public double ImagesPerSecond(TimeSpan from, TimeSpan to) =>
        Watch.Steps.Where(s => s.At > from && s.At <= to).Sum(s => s.Event.GetProperty("examples").GetInt32()) / (to - from).TotalSeconds;

    /// <summary>Has all threads of all processes of this side, and those that they start, run on some cores alone.</summary>
    public async Task PinAsync(string cores)
    {
        foreach (var process in ProcessTree.Of(Roles.Select(r => r.Process)))
        {
            using var taskset = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo("taskset", ["--all-tasks", "--pid", "--cpu-list", cores, process.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            await taskset.StandardOutput.ReadToEndAsync();
            await taskset.WaitForExitAsync();
            if (taskset.ExitCode != 0)
                throw new InvalidOperationException($"process {process} can't be bound to the cores {cores}");
        }
    }
}

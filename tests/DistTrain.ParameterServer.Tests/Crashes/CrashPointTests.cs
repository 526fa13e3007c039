namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>A stop at every file operation leaves a job that goes on as if nothing had happened.</summary>
public sealed class CrashPointTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false, 0L, 100)]
    [InlineData(2, false, 1L, 150)]
    [InlineData(2, true, 1L, 150)]
    public async Task Whatever_a_crash_leaves_the_job_goes_on_from_it(int servers, bool ownFolders, long? goesOnFrom, int atLeast)
    {
        var check = new CrashCheck(new CrashScenario(servers, ownFolders, goesOnFrom));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var violations = await check.ViolationsAsync();
        System.Console.Error.WriteLine($"@@ {check.Calls} calls, {check.Disks} disks, {watch.Elapsed} cpu {Environment.CpuUsage.TotalTime} violations {violations.Count}");
        foreach (var v in violations.Take(30)) System.Console.Error.WriteLine("@@ " + v);
        output.WriteLine($"{check.Calls} calls, {check.Disks} disks, {watch.Elapsed}");
        Assert.Empty(violations);
        Assert.True(check.Calls >= atLeast, $"only {check.Calls} calls");
        Assert.True(check.Disks >= check.Calls / 2, $"only {check.Disks} disks");
    }
}

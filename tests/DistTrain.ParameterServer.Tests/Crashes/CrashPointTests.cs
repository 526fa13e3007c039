namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>A stop at every file operation leaves a job that goes on as if nothing had happened.</summary>
[Trait("Kind", "Process")]
public sealed class CrashPointTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false, 0L, 120, 60)]
    [InlineData(2, false, 1L, 190, 90)]
    [InlineData(2, true, 1L, 200, 180)]
    public async Task Whatever_a_crash_leaves_the_job_goes_on_from_it(int servers, bool ownFolders, long? goesOnFrom, int calls, int disks)
    {
        var check = new CrashCheck(new CrashScenario(servers, ownFolders, goesOnFrom));
        var violations = await check.ViolationsAsync();
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        output.WriteLine($"{check.Calls} calls of the disk; {check.Disks} disks that a crash may leave");
        Assert.InRange(check.Calls, calls, int.MaxValue);
        Assert.InRange(check.Disks, disks, int.MaxValue);
    }
}

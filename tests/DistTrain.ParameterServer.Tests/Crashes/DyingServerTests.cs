namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>What servers do between the failure of their disk and their end makes nothing worse.</summary>
[Trait("Kind", "Process")]
public sealed class DyingServerTests
{
    [Fact]
    public async Task A_server_may_die_at_every_call_of_its_disk()
    {
        var check = new CrashCheck(new CrashScenario());
        var call = 0;
        while (await check.ViolationsOfDyingAtAsync(++call) is { } violations)
            Assert.True(violations.Count == 0, string.Join('\n', violations));
        Assert.InRange(call, 80, int.MaxValue);
    }
}

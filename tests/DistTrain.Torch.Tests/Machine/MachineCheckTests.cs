using DistTrain.Torch.Devices;
using DistTrain.Torch.Machine;

namespace DistTrain.Torch.Tests.Machine;

[Trait("Kind", "Fast")]
public sealed class MachineCheckTests(ITestOutputHelper output)
{
    [Fact]
    public void A_machine_that_runs_these_tests_has_no_failure()
    {
        var results = MachineCheck.Run();
        foreach (var result in results)
            output.WriteLine($"{result.Outcome,-8} {result.Name}: {result.Finding} {result.Cure}");
        Assert.DoesNotContain(results, result => result.Outcome == CheckOutcome.Failure);
        Assert.All(results, result => Assert.Equal(result.Outcome == CheckOutcome.Ok, result.Cure is null));
        Assert.Equal(results.Count, results.Select(result => result.Name).Distinct().Count());
    }

    [Fact]
    public void A_check_that_throws_is_a_failure_of_that_check_only()
    {
        var results = MachineCheck.Run("/no\0folder");
        var failed = Assert.Single(results, result => result.Outcome == CheckOutcome.Failure);
        Assert.Equal("disk", failed.Name);
    }

    [Fact]
    public void The_build_knows_its_backend() => Assert.Equal("cpu", DeviceSet.Backend);
}

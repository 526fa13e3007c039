using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
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

    /// <summary>No figure is held to a limit: that they are there, for the processor and for a device with memory of its own, is what can be seen.</summary>
    [Fact]
    public void The_speed_of_a_device_is_told_with_copies_both_ways_and_both_products()
    {
        NativeEnvironment.Prepare();
        foreach (var device in new[] { TensorDevice.Processor, TensorDevice.OfTests() })
        {
            var speed = DeviceSpeed.Of(device, side: 128);
            Assert.All([speed.Sent, speed.Fetched, speed.Float32, speed.BFloat16], figure => Assert.True(double.IsFinite(figure) && figure > 0, $"{speed}"));
        }

        Assert.Contains("GFLOP/s in float32", Assert.Single(MachineCheck.Run(), result => result.Name == "speed").Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void The_build_knows_its_backend() => Assert.Equal("cpu", DeviceSet.Backend);
}

using DistTrain.Torch.Data;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Replicas;

/// <summary>Which micro-batch is found, by the rule alone and by passes on a device whose memory ends.</summary>
[Trait("Kind", "Fast")]
public sealed class MicroBatchSearchTests
{
    public MicroBatchSearchTests() => NativeEnvironment.Prepare();

    [Theory]
    [InlineData(1000, 1000, 1000)] // Whatever is larger is faster: the share ends it.
    [InlineData(1000, 90, 64)] // Memory ends it.
    [InlineData(1000, 5, 4)] // Already the first is too large.
    [InlineData(3, 1000, 3)]
    [InlineData(1000, 0, 0)]
    public void It_doubles_as_long_as_that_is_faster_and_fits_and_halves_where_the_first_does_not(int largest, int fits, int found) =>
        Assert.Equal(found, MicroBatchSearch.Choose(largest, _ => true, size => size <= fits ? size : null, () => true) ?? 0);

    [Fact]
    public void It_ends_where_a_doubling_gains_too_little_where_time_is_up_and_passes_over_what_is_not_allowed()
    {
        var tried = new List<int>();
        Assert.Equal(32, Choose(size => Math.Min(size, 33), _ => true));
        Assert.Equal([16, 32, 64], tried);
        Assert.Equal(16, MicroBatchSearch.Choose(1000, _ => true, size => size, () => false));
        Assert.Equal(64, Choose(size => Math.Min(size, 65), size => size != 32));
        Assert.Null(MicroBatchSearch.Choose(1000, _ => false, size => size, () => true));

        int? Choose(Func<int, double?> speed, Predicate<int> isAllowed)
        {
            tried.Clear();
            return MicroBatchSearch.Choose(1000, isAllowed, Tried, () => true);

            double? Tried(int size)
            {
                tried.Add(size);
                return speed(size);
            }
        }
    }

    /// <summary>An example of the digits has 28 × 28 numbers of 4 bytes: 20 of them are given, 32 are not.</summary>
    [Fact]
    public void On_a_device_whose_memory_ends_it_finds_what_fits()
    {
        var spec = Specs.Of("model.name=softmax", "dataset.trainExamples=64", "dataset.testExamples=16");
        var data = DatasetReader.Read(spec.Dataset);
        var model = ModelBlueprint.Of(spec, data.Train.Shape, data.Train.Classes);
        var bytes = sizeof(float) * model.InputShape.Aggregate(1, (product, side) => product * side);
        var search = new MicroBatchSearch(model, data.Train, TensorDevice.OfTests(Math.Max(20 * bytes, model.Layout.Length * sizeof(float))));
        var most = Math.Max(20, model.Layout.Length * sizeof(float) / bytes);
        Assert.InRange(search.Fastest(1024, _ => true)!.Value, 1, most);
        var fits = search.LargestBelow(1024)!.Value;
        Assert.InRange(fits, (most / 2) + 1, most);
        Assert.Null(new MicroBatchSearch(model, data.Train, TensorDevice.OfTests(largest: 100)).LargestBelow(1024));
    }

    [Fact]
    public void What_libtorch_says_when_memory_is_out_is_known_and_other_failures_are_not_taken_for_it()
    {
        var failure = Assert.ThrowsAny<Exception>(() => zeros(1L << 50));
        Assert.True(DeviceMemory.IsOut(failure), failure.Message);
        Assert.True(DeviceMemory.IsOut(DeviceMemory.Failure(1)));
        Assert.True(DeviceMemory.IsOut(new InvalidOperationException("a layer", DeviceMemory.Failure(1))));
        Assert.False(DeviceMemory.IsOut(Assert.ThrowsAny<Exception>(() => zeros(2, 3).mm(zeros(2, 3)))));
    }
}

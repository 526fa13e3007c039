using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>A factor of its own on the rate of each tensor, under every optimizer; three tensors over four buckets.</summary>
[Trait("Kind", "Fast")]
public class TensorRateTests
{
    private const int Steps = 4;

    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("frozen", SegmentKind.Weight, [50], 0, Initialization.Zero),
            new Segment("slow", SegmentKind.Weight, [60], 0, Initialization.Zero),
            new Segment("plain", SegmentKind.Weight, [70], 0, Initialization.Zero),
        ],
        bucketLength: 64);

    public static TheoryData<string> Optimizers => [.. OptimizerCatalog.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_frozen_tensor_and_its_slots_stay_and_the_others_step_as_if_it_were_not_there(string optimizer)
    {
        foreach (var runs in new[] { 1, 2 })
        {
            var (plain, slow, some) = (Train(optimizer, runs, 1, [1, 1, 1]), Train(optimizer, runs, 0.5, [1, 1, 1]), Train(optimizer, runs, 1, [0, 0.5, 1]));
            Assert.Equal(Of(Start(), 0), Of(some.Weights, 0));
            Assert.NotEqual(Of(Start(), 0), Of(plain.Weights, 0));
            Assert.Equal(Of(slow.Weights, 1), Of(some.Weights, 1));
            Assert.NotEqual(Of(plain.Weights, 1), Of(some.Weights, 1));
            Assert.Equal(Of(plain.Weights, 2), Of(some.Weights, 2));
            Assert.All(some.Slots, slot => Assert.All(Of(slot, 0), element => Assert.Equal(0, element)));
            foreach (var (mine, itself) in some.Slots.Zip(plain.Slots))
                Assert.Equal(Of(itself, 2), Of(mine, 2));
        }
    }

    private static double[] Of(double[] vector, int segment) => [.. vector.Skip(Layout.Segments[segment].Offset).Take(Layout.Segments[segment].Length)];

    private static double[] Start() => [.. Enumerable.Range(0, Layout.Length).Select(i => Math.Sin(i + 1))];

    private static (double[] Weights, IReadOnlyList<double[]> Slots) Train(string optimizer, int runs, double share, double[] rates)
    {
        var options = new Dictionary<string, object> { ["weightDecay"] = 0.125 };
        var cut = new CutVector<double>(OptimizerByName.Create<double>(optimizer, options), Layout, runs, rates: rates);
        var weights = Start();
        for (var step = 0; step < Steps; step++)
        {
            // Powers of two, so that half the rate is half in every bit.
            var (rate, before) = (share * Math.Pow(2, -3 - step), share * Math.Pow(2, -3 - Math.Max(0, step - 1)));
            weights = cut.Step(new UpdateTime(step, rate, before, Epoch: step), weights, [.. Enumerable.Range(0, Layout.Length).Select(i => Math.Cos((i + 1) * (step + 1)))]);
        }

        return (weights, cut.Slots);
    }
}

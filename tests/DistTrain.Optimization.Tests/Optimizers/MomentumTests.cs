using CsCheck;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

public class MomentumTests
{
    private static readonly Segment Weight = new("w", SegmentKind.Weight, [19], 0, Initialization.Zero);

    [Fact]
    public void The_rate_stands_outside_the_velocity()
    {
        // g = 1, momentum 0.9, rate 0.1 then 0.01: w2 = −0.119. (The Caffe form without correction gives −0.200.)
        var w = Run([1, 1], [0.1, 0.01], momentum: 0.9, weightDecay: 0);
        Assert.Equal(-0.119, w, 1e-12);
    }

    [Fact]
    public void Decay_joins_the_gradient()
    {
        // w0 = 0: w1 = −0.1; g2' = 1 + 0.5·(−0.1) = 0.95; v2 = 0.9 + 0.95; w2 = −0.1 − 0.1·1.85.
        Assert.Equal(-0.285, Run([1, 1], [0.1, 0.1], momentum: 0.9, weightDecay: 0.5), 1e-12);
    }

    [Theory]
    [InlineData(SegmentKind.Bias)]
    [InlineData(SegmentKind.Norm)]
    public void Biases_and_norms_are_not_decayed_by_default(SegmentKind kind) =>
        Assert.Equal(-0.29, Run([1, 1], [0.1, 0.1], momentum: 0.9, weightDecay: 0.5, Weight with { Kind = kind }), 1e-12);

    [Fact]
    public void How_a_segment_is_cut_changes_no_bit() =>
        Gen.Select(Gen.Float[-1, 1].Array[19], Gen.Float[-1, 1].Array[19], Gen.Int[0, 19]).Sample((w, g, cut) =>
        {
            var (whole, parts) = (new float[19], new float[19]);
            var (wholeSlot, partSlot) = (new[] { new float[19] }, new[] { new float[19] });
            var rule = Create<float>(0.9, 0.01);
            for (var step = 0; step < 3; step++)
            {
                rule.Step(new PieceStep<float>(Weight, At(step, 0.1, 0.1), w, g, whole, wholeSlot, 0), []);
                rule.Step(new PieceStep<float>(Weight, At(step, 0.1, 0.1), w.AsSpan(0, cut), g.AsSpan(0, cut), parts.AsSpan(0, cut), partSlot, 0), []);
                rule.Step(new PieceStep<float>(Weight, At(step, 0.1, 0.1), w.AsSpan(cut), g.AsSpan(cut), parts.AsSpan(cut), partSlot, cut), []);
                Assert.Equal(whole, parts);
                whole.CopyTo(w, 0);
            }
        });

    private static double Run(double[] gradients, double[] rates, double momentum, double weightDecay, Segment? segment = null)
    {
        var rule = Create<double>(momentum, weightDecay);
        double[] w = [0], next = [0];
        double[][] slots = [[0]];
        for (var step = 0; step < gradients.Length; step++)
        {
            rule.Step(new PieceStep<double>(segment ?? Weight, At(step, rates[step], rates[Math.Max(step - 1, 0)]), w, [gradients[step]], next, slots, 0), []);
            w[0] = next[0];
        }

        return w[0];
    }

    private static UpdateTime At(long step, double rate, double before) => new(step, rate, before);

    private static IOptimizer<T> Create<T>(double momentum, double weightDecay)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var definition = OptimizerCatalog.Find("momentum")!;
        var given = new Dictionary<string, object> { ["momentum"] = momentum, ["weightDecay"] = weightDecay };
        return definition.Create<T>(new OptionValues(definition.Options, given));
    }
}

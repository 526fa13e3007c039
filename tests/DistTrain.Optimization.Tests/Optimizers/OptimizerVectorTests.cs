using System.Numerics;
using DistTrain.Optimization.Optimizers;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>Every optimizer against torch.optim and, where torch has none, the papers' formulas.</summary>
[Trait("Kind", "Fast")]
public class OptimizerVectorTests
{
    public static TheoryData<string> Names => OptimizerCases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_is_met_in_float64_by_one_run_and_by_a_run_for_each_tensor(string name)
    {
        var expected = OptimizerCases.Of(name);
        for (var runs = 1; runs <= 2; runs++)
        {
            var cut = new CutVector<double>(expected.Create<double>(), OptimizerCases.Layout, runs);
            AssertMet<double>(expected, (step, w, g) => cut.Step(expected.At(step), w, g), expected.Trajectory, 1e-12, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_is_met_in_float64_with_each_tensor_in_three_parts(string name)
    {
        var expected = OptimizerCases.Of(name);
        AssertMet(expected, InThreeParts<double>(expected), expected.Trajectory, 1e-12, 1e-12);
    }

    /// <summary>Against the float64 trajectory where the file has none of float32.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_is_met_in_float32(string name)
    {
        var expected = OptimizerCases.Of(name);
        var trajectory = expected.Trajectory32?.Select(w => Array.ConvertAll(w, x => (double)x)).ToList() ?? expected.Trajectory;
        for (var runs = 1; runs <= 2; runs++)
        {
            var cut = new CutVector<float>(expected.Create<float>(), OptimizerCases.Layout, runs);
            AssertMet<float>(expected, (step, w, g) => cut.Step(expected.At(step), w, g), trajectory, 1e-5, 1e-6);
        }

        AssertMet(expected, InThreeParts<float>(expected), trajectory, 1e-5, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_that_states_ratios_has_them(string name)
    {
        var expected = OptimizerCases.Of(name);
        if (expected.Ratios is null)
        {
            // The file states ratios of its direct cases only; a layerwise one without would pass for the wrong reason.
            Assert.IsNotType<ILayerwiseOptimizer>(expected.Create<double>(), exactMatch: false);
            return;
        }

        var optimizer = expected.Create<double>();
        var cut = new CutVector<double>(optimizer, OptimizerCases.Layout, runs: 2);
        var w = expected.Start;
        for (var step = 0; step < expected.Steps; step++)
        {
            w = cut.Step(expected.At(step), w, expected.Gradients[step]);
            foreach (var (tensor, segment) in OptimizerCases.Layout.Segments.Index())
            {
                var actual = optimizer is ILayerwiseOptimizer layerwise
                    ? layerwise.TrustRatio(segment.Kind, expected.At(step), cut.NormsOf(tensor))
                    : RAdam.Rectification((double)expected.Options["beta2"], step + 1, expected.Options["threshold"] is "paper" ? 4 : 5);
                AssertClose(expected.Ratios[step][tensor], actual, 1e-12, 1e-12, $"ratio of {segment.Name} at step {step}");
            }
        }
    }

    private static Func<int, T[], T[], T[]> InThreeParts<T>(OptimizerCase expected)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Unequal parts, none of them a whole number of vector registers.
        var tensors = OptimizerCases.Layout.Segments
            .Select(s => (Segment: s, Cut: s.Name == "w" ? new CutTensor<T>(expected.Create<T>(), s, 5, 6) : new CutTensor<T>(expected.Create<T>(), s, 1, 3)))
            .ToList();
        return (step, w, g) =>
        {
            var next = new T[w.Length];
            foreach (var (segment, cut) in tensors)
                cut.Step(expected.At(step), w[segment.Offset..segment.End], g[segment.Offset..segment.End]).CopyTo(next, segment.Offset);
            return next;
        };
    }

    private static void AssertMet<T>(OptimizerCase expected, Func<int, T[], T[], T[]> take, IReadOnlyList<double[]> trajectory, double relative, double absolute)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var w = Array.ConvertAll(expected.Start, T.CreateChecked);
        for (var step = 0; step < expected.Steps; step++)
        {
            w = take(step, w, Array.ConvertAll(expected.Gradients[step], T.CreateChecked));
            for (var i = 0; i < w.Length; i++)
                AssertClose(trajectory[step][i], double.CreateChecked(w[i]), relative, absolute, $"element {i} after step {step}");
        }
    }

    private static void AssertClose(double expected, double actual, double relative, double absolute, string what) =>
        Assert.True(Math.Abs(expected - actual) <= absolute + (relative * Math.Abs(expected)), $"{what}: {actual:R}, not {expected:R}");
}

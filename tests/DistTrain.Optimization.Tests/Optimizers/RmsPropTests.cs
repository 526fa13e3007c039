using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class RmsPropTests
{
    [Fact]
    public void The_lectures_mean_starts_at_the_first_square() =>
        // σ0 = 3: w1 = −0.1;  σ1² = 0.9 · 9 + 0.1 · 16 = 9.7: w2 = −0.1 − 0.1 · 4 / σ1
        Lecture(0).Step(0.1, [3]).Step(0.1, [4]).AssertWeights(-0.1 - (0.4 / Math.Sqrt(9.7)));

    [Fact]
    public void The_standards_mean_starts_at_0() =>
        // s = 0.1 · 9: w1 = −0.1 · 3 / sqrt(0.9), longer than the lecture's step by 1 / sqrt(1 − alpha)
        new OneTensor("rmsprop", [0], ("alpha", 0.9), ("epsilon", 1e-15)).Step(0.1, [3]).AssertWeights(-0.1 / Math.Sqrt(0.1));

    [Fact]
    public void Epsilon_stands_outside_the_root() =>
        // s = 0.25 · 4 = 1: w1 = −0.1 · 2 / (1 + 1). Inside the root it would be −0.1 · 2 / sqrt 2.
        new OneTensor("rmsprop", [0], ("alpha", 0.75), ("epsilon", 1.0)).Step(0.1, [2]).AssertWeights(-0.1);

    [Fact]
    public void In_the_lecture_an_element_without_gradients_yet_is_not_moved()
    {
        // The second element's mean starts at 0 as everything's does after the first step: s = 0.1 · 4.
        var tensor = Lecture(1, 5).Step(0.1, [3, 0]);
        tensor.AssertWeights(0.9, 5);
        tensor.Step(0.1, [0, 2]).AssertWeights(0.9, 5 - (0.2 / Math.Sqrt(0.4)));
    }

    [Fact]
    public void The_momentum_gathers_divided_gradients() =>
        // d = 1, then 2 / sqrt(0.75 · 4 + 0.25 · 4) = 1: b = 1, 1.5
        new OneTensor("rmsprop", [0], ("variant", "lecture"), ("alpha", 0.75), ("momentum", 0.5)).Step(0.1, [2]).Step(0.1, [2]).AssertWeights(-0.25);

    [Fact]
    public void A_deviation_that_rounds_below_0_counts_as_0()
    {
        // Under a constant gradient s − c² goes to 0, and its rounding to either side of it; the root of the lower one is no number.
        var options = new Dictionary<string, object> { ["centered"] = true, ["alpha"] = 0.7, ["epsilon"] = 1.0 };
        var cut = new CutTensor<float>(OptimizerByName.Create<float>("rmsprop", options), new Segment("w", SegmentKind.Weight, [64], 0, Initialization.Zero));
        var (w, g) = (new float[64], Enumerable.Range(1, 64).Select(i => 1 / (float)i).ToArray());
        for (var step = 0; step < 200; step++)
            w = cut.Step(new UpdateTime(step, 0.1, 0.1), w, g);
        Assert.All(w, x => Assert.True(float.IsFinite(x)));
    }

    private static OneTensor Lecture(params double[] start) => new("rmsprop", start, ("variant", "lecture"), ("alpha", 0.9));
}

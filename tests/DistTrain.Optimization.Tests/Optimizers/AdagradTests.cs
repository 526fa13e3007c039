using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class AdagradTests
{
    [Fact]
    public void The_lecture_divides_by_the_root_of_the_mean_square() =>
        // σ0 = 3: w1 = −0.1;  σ1 = sqrt((9 + 16) / 2): w2 = −0.1 − 0.1 · 4 / σ1
        Lecture().Step(0.1, [3]).Step(0.1, [4]).AssertWeights(-0.1 - (0.4 / Math.Sqrt(12.5)));

    [Fact]
    public void The_standard_divides_by_the_root_of_the_sum() =>
        // sqrt(9) = 3: w1 = −0.1;  sqrt(9 + 16) = 5: w2 = −0.1 − 0.1 · 4 / 5
        new OneTensor("adagrad", [0], ("epsilon", 1e-15)).Step(0.1, [3]).Step(0.1, [4]).AssertWeights(-0.18);

    [Fact]
    public void Under_a_constant_gradient_the_lectures_steps_keep_their_length_and_the_standards_shrink()
    {
        var (lecture, standard) = (Lecture(), new OneTensor("adagrad", [0], ("epsilon", 1e-15)));
        double sum = 0;
        for (var t = 1; t <= 9; t++)
        {
            lecture.Step(0.1, [2]).AssertWeights(-0.1 * t);
            standard.Step(0.1, [2]).AssertWeights(sum -= 0.1 / Math.Sqrt(t));
        }
    }

    [Fact]
    public void In_the_lecture_an_element_without_gradients_yet_is_not_moved()
    {
        // The second element's first gradient comes at t = 1: σ = sqrt((0 + 4) / 2), step 0.1 · 2 / sqrt 2.
        var tensor = Lecture(1, 5).Step(0.1, [3, 0]);
        tensor.AssertWeights(0.9, 5);
        tensor.Step(0.1, [0, 2]).AssertWeights(0.9, 5 - (0.2 / Math.Sqrt(2)));
    }

    [Fact]
    public void In_the_lecture_a_square_too_small_to_be_divided_moves_nothing()
    {
        // In float32 g² = 1.4e-45 is the smallest number there is; divided by 10 it is 0.
        var rule = OptimizerByName.Create<float>("adagrad", new Dictionary<string, object> { ["variant"] = "lecture" });
        var cut = new CutTensor<float>(rule, new Segment("w", SegmentKind.Weight, [1], 0, Initialization.Zero));
        float[] w = [1];
        for (var step = 0; step < 10; step++)
            w = cut.Step(new UpdateTime(step, 0.1, 0.1), w, [step == 9 ? 4e-23f : 0]);
        Assert.Equal([1], w);
    }

    private static OneTensor Lecture(params double[] start) => new("adagrad", start is [] ? [0] : start, ("variant", "lecture"));
}

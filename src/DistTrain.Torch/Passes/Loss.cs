using DistTrain.Torch.Data.Examples;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// The cross entropy of scores. An example has one label, or one for each of its tokens; <see cref="ExampleSet.NoLabel"/> is none. A label counts
/// 1/targets of an example, targets being what an example of the whole has on average (<see cref="Divisor"/>): so sums over examples stay sums over examples,
/// and their mean over the whole is that of all its labels. Scores are [n, classes] or [n, t, classes], labels [n] or [n, t].
/// </summary>
internal static class Loss
{
    /// <summary>Σ over the examples.</summary>
    public static Tensor Of(Tensor scores, Tensor labels, double targets) =>
        Mean(nn.functional.cross_entropy(Rows(scores), labels.flatten(), reduction: nn.Reduction.Sum), targets);

    /// <summary>Its slope: of −log softmax at the label it is the mean slope of all scores, less the label's.</summary>
    public static Tensor Slope(Dual scores, Tensor labels, double targets)
    {
        var (rows, slope, at) = (Rows(scores.Value), Rows(scores.Slope!), labels.flatten());
        if (labels.dim() > 1)
        {
            // What has no label takes no part: its slope is 0, and any label will do.
            var counts = at.ge(ScalarArithmetic.Zero);
            slope = slope * counts.unsqueeze(1).to(slope.dtype);
            at = at * counts.to(at.dtype);
        }

        return Mean((rows.softmax(1) * slope).sum() - slope.gather(1, at.unsqueeze(1)).sum(), targets);
    }

    /// <summary>How many examples' worth of labels have the highest score.</summary>
    public static double Right(Tensor scores, Tensor labels, double targets) =>
        Rows(scores).argmax(1).eq(labels.flatten()).sum().item<long>() / targets;

    private static Tensor Mean(Tensor sum, double targets) => targets == 1 ? sum : sum.Over(targets);

    private static Tensor Rows(Tensor scores) => scores.dim() == 2 ? scores : scores.flatten(0, 1);
}

using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// The cross entropy of scores. An example has one label, or one for each of its tokens: then its loss is the mean over them, so that an example weighs the same
/// whatever its length. Scores are [n, classes] or [n, t, classes], labels [n] or [n, t].
/// </summary>
internal static class Loss
{
    /// <summary>Σ over the examples.</summary>
    public static Tensor Of(Tensor scores, Tensor labels)
    {
        var (rows, targets) = (Rows(scores), labels.flatten());
        return Mean(nn.functional.cross_entropy(rows, targets, reduction: nn.Reduction.Sum), labels);
    }

    /// <summary>Its slope: of −log softmax at the label it is the mean slope of all scores, less the label's.</summary>
    public static Tensor Slope(Dual scores, Tensor labels)
    {
        var (rows, slope) = (Rows(scores.Value), Rows(scores.Slope!));
        return Mean((rows.softmax(1) * slope).sum() - slope.gather(1, labels.flatten().unsqueeze(1)).sum(), labels);
    }

    /// <summary>How many examples' worth of labels have the highest score.</summary>
    public static double Right(Tensor scores, Tensor labels)
    {
        var right = Rows(scores).argmax(1).eq(labels.flatten()).sum().item<long>();
        return (double)right / Targets(labels);
    }

    private static Tensor Mean(Tensor sum, Tensor labels) => Targets(labels) is > 1 and var targets ? sum.Over(targets) : sum;

    private static long Targets(Tensor labels) => labels.dim() == 1 ? 1 : labels.shape[1];

    private static Tensor Rows(Tensor scores) => scores.dim() == 2 ? scores : scores.flatten(0, 1);
}

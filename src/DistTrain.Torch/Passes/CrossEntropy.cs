using System.Collections.Concurrent;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// The cross entropy of scores s, with what an example of a class counts and with label smoothing (1512.00567, section 7), as PyTorch defines them together:
/// <code>
/// p = log softmax(s)      l(s, y) = −(1 − ε)·w_y·p_y − ε/K·Σ_k w_k·p_k      L = Σ l / Σ w_y
/// </code>
/// An example has one label, or one for each of its tokens; <see cref="ExampleSet.NoLabel"/> is none. L's sums are over a whole, a step of all ranks or a
/// set, and a label counts 1/weight of an example here, weight being what an example of the whole weighs on average (<see cref="Divisor"/>): so sums over
/// examples stay sums over examples, and their mean over the whole is that of all its labels by their weights.
/// </summary>
/// <param name="recipe">ε, w and how many highest scores are looked at.</param>
internal sealed class CrossEntropy(ClassificationRecipe recipe) : ILoss
{
    private readonly ConcurrentDictionary<(ScalarType, string), Tensor> _weights = [];

    /// <inheritdoc/>
    public Tensor Of(Tensor scores, Tensor labels, Divisor divisor)
    {
        var (rows, at) = Labelled(scores, labels);
        return Mean(nn.functional.cross_entropy(rows, at, WeightsFor(scores), reduction: nn.Reduction.Sum, label_smoothing: recipe.Smoothing), divisor);
    }

    /// <summary>Of −p_k it is the mean slope of all scores by softmax, less that of score k.</summary>
    /// <inheritdoc/>
    public Tensor Slope(Dual scores, Tensor labels, Divisor divisor)
    {
        var (rows, slope, at) = (Rows(scores.Value), Rows(scores.Slope!), labels.flatten());
        if (labels.dim() > 1)
        {
            // What has no label takes no part: its slope is 0, and any label will do.
            var counts = at.ge(ScalarArithmetic.Zero);
            slope = slope * counts.unsqueeze(1).to(slope.dtype);
            at = at * counts.to(at.dtype);
        }

        if (recipe is { Smoothing: 0, Weights.Count: 0 })
            return Mean((rows.softmax(1) * slope).sum() - slope.gather(1, at.unsqueeze(1)).sum(), divisor);
        var each = (rows.softmax(1) * slope).sum(1, keepdim: true) - slope;
        if (WeightsFor(scores.Value) is { } weights)
            each = each * weights;
        return Mean(each.gather(1, at.unsqueeze(1)).sum().Times(1 - recipe.Smoothing).Plus(each.sum().Times(recipe.Smoothing / rows.shape[1])), divisor);
    }

    /// <summary>How many examples' worth of labels have the highest score, and how many are among the highest ones that are looked at.</summary>
    /// <inheritdoc/>
    public (double Correct, double Beside) Told(Tensor scores, Tensor labels, Divisor divisor)
    {
        var (rows, at) = Labelled(scores.detach(), labels);
        var correct = rows.argmax(1).eq(at).sum().item<long>() / divisor.Targets;
        if (recipe.TopK == 1)
            return (correct, 0);
        // A class is among the k highest if fewer than k are above it: no order of equal scores decides. What is no number is above all.
        var above = rows.le(rows.gather(1, at.unsqueeze(1))).logical_not().sum(1);
        using var most = ((long)recipe.TopK).ToScalar();
        return (correct, above.lt(most).sum().item<long>() / divisor.Targets);
    }

    private Tensor? WeightsFor(Tensor scores) => recipe.Weights.Count == 0
        ? null
        : _weights.GetOrAdd((scores.dtype, scores.device.ToString()), _ => tensor([.. recipe.Weights], dtype: scores.dtype, device: scores.device).DetachFromDisposeScope());

    private static Tensor Mean(Tensor sum, Divisor divisor) => divisor.Weight == 1 ? sum : sum.Over(divisor.Weight);

    /// <summary>Rows of scores, and their labels. Where most have none, as of tokens that are not hidden, those that have one: a vocabulary is wide.</summary>
    private static (Tensor Rows, Tensor Labels) Labelled(Tensor scores, Tensor labels)
    {
        var (rows, at) = (Rows(scores), labels.flatten());
        if (labels.dim() == 1)
            return (rows, at);
        var places = at.ge(ScalarArithmetic.Zero).nonzero().flatten();
        return 2 * places.shape[0] > at.shape[0] ? (rows, at) : (rows.index_select(0, places), at.index_select(0, places));
    }

    private static Tensor Rows(Tensor scores) => scores.dim() == 2 ? scores : scores.flatten(0, 1);
}

using DistTrain.Optimization.Landscape;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Landscape;

/// <summary>
/// How much loss and gradient of one minibatch change along its gradient (Santurkar et al. 2018, 1805.11604, figure 4), in float64:
/// <code>
/// g = ∇L(w)      at w − s·η·g, s = ½, 1, 1½, … 4:      the range of L      the range of ‖∇L(w − s·η·g) − g‖
/// β = the largest ‖∇L(w − s·η·g) − g‖ / (s·η·‖g‖)
/// </code>
/// On a quadratic with Hessian H the change is s·η·‖Hg‖, and β is ‖Hg‖ / ‖g‖.
/// </summary>
/// <param name="GradientNorm">‖g‖.</param>
/// <param name="LossLow">The lowest mean loss on the way, w left out.</param>
/// <param name="LossHigh">The highest.</param>
/// <param name="ChangeLow">The smallest change of the gradient.</param>
/// <param name="ChangeHigh">The largest.</param>
/// <param name="Beta">Effective β-smoothness.</param>
public sealed record Smoothness(double GradientNorm, double LossLow, double LossHigh, double ChangeLow, double ChangeHigh, double Beta)
{
    /// <summary>Step lengths in rates.</summary>
    public static IReadOnlyList<double> Scales { get; } = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4];

    /// <summary>Gradients that it takes.</summary>
    public static int Passes => Scales.Count + 1;

    /// <summary>Looks along the gradient.</summary>
    /// <param name="objective">The minibatch.</param>
    /// <param name="whole">The whole vector.</param>
    /// <param name="version">w with its buffers, which stay: the flat vector, [Layout.Length].</param>
    /// <param name="rate">η.</param>
    /// <param name="stop">Ends it, between two micro-batches.</param>
    /// <returns>Sums over the examples at w; null for the rest: something on the way is not finite, or the gradient is 0.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static (BatchResult AtStart, Smoothness? Found) Along(LocalObjective<double> objective, VectorPart whole, ReadOnlySpan<float> version, double rate, CancellationToken stop)
    {
        objective.MoveTo(version);
        var (first, atStart) = objective.Gradient(stop);
        var gradient = first.ToArray();
        var norm = Norm(whole, gradient);
        var (point, change) = (new double[gradient.Length], new double[gradient.Length]);
        var (losses, changes, beta) = (new List<double>(), new List<double>(), 0.0);
        foreach (var scale in Scales)
        {
            for (var i = 0; i < point.Length; i++)
                point[i] = version[i] - (scale * rate * gradient[i]);
            objective.Place(point);
            var (there, result) = objective.Gradient(stop);
            for (var i = 0; i < change.Length; i++)
                change[i] = there[i] - gradient[i];
            losses.Add(result.LossSum / result.Examples);
            changes.Add(Norm(whole, change));
            beta = Math.Max(beta, changes[^1] / (scale * rate * norm));
        }

        var found = new Smoothness(norm, losses.Min(), losses.Max(), changes.Min(), changes.Max(), beta);
        return (atStart, losses.TrueForAll(double.IsFinite) && double.IsFinite(beta) ? found : null);
    }

    private static double Norm(VectorPart whole, double[] vector) => Math.Sqrt(BucketDot.Of<double>(whole, vector, vector, BucketOrder.Add));
}

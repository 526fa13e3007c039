using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Gradients;

/// <summary>scores = W2 · relu(W1 · x + b1) + b2 with the cross entropy of one label, forward and backward in float64.</summary>
/// <param name="layout">W1 [hidden, inputs], b1 [hidden], W2 [classes, hidden], b2 [classes].</param>
internal sealed class ReluNet(ParameterLayout layout)
{
    /// <summary>Adds the gradient at one example to <paramref name="gradient"/>.</summary>
    /// <param name="parameters">[layout.Length]</param>
    /// <param name="x">[inputs]</param>
    /// <param name="label">The right class.</param>
    /// <param name="gradient">[layout.Length]</param>
    /// <returns>The example's loss.</returns>
    public double Backward(double[] parameters, double[] x, int label, double[] gradient)
    {
        var hidden = Linear(parameters, "W1", "b1", x);
        var active = Array.ConvertAll(hidden, h => Math.Max(h, 0));
        var scores = Linear(parameters, "W2", "b2", active);
        var largest = scores.Max();
        var logSum = largest + Math.Log(scores.Sum(s => Math.Exp(s - largest)));

        var atScores = scores.Select((s, c) => Math.Exp(s - logSum) - (c == label ? 1 : 0)).ToArray();
        var atActive = LinearBackward(parameters, "W2", "b2", active, atScores, gradient);
        var atHidden = atActive.Zip(hidden, (a, h) => h > 0 ? a : 0).ToArray();
        LinearBackward(parameters, "W1", "b1", x, atHidden, gradient);
        return logSum - scores[label];
    }

    private double[] Linear(double[] parameters, string weight, string bias, double[] x)
    {
        var (w, b) = (OffsetOf(weight), OffsetOf(bias));
        return [.. Enumerable.Range(0, RowsOf(weight)).Select(row => parameters[b + row] + x.Select((value, i) => parameters[w + (row * x.Length) + i] * value).Sum())];
    }

    /// <returns>The gradient at x.</returns>
    private double[] LinearBackward(double[] parameters, string weight, string bias, double[] x, double[] upstream, double[] gradient)
    {
        var (w, b) = (OffsetOf(weight), OffsetOf(bias));
        var atX = new double[x.Length];
        for (var row = 0; row < upstream.Length; row++)
        {
            gradient[b + row] += upstream[row];
            for (var i = 0; i < x.Length; i++)
            {
                gradient[w + (row * x.Length) + i] += upstream[row] * x[i];
                atX[i] += upstream[row] * parameters[w + (row * x.Length) + i];
            }
        }

        return atX;
    }

    private int OffsetOf(string name) => layout.Segments.Single(s => s.Name == name).Offset;

    private int RowsOf(string name) => layout.Segments.Single(s => s.Name == name).Shape[0];
}

using System.Numerics;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Digits;

/// <summary>Softmax regression by plain SGD with momentum, for judging how hard a data set is for a linear model.</summary>
internal sealed class SoftmaxRegression(int features, int classes)
{
    private const int Batch = 64;
    private const float Momentum = 0.9f;
    private readonly float[] _weights = new float[classes * features];
    private readonly float[] _velocity = new float[classes * features];
    private readonly float[] _gradient = new float[classes * features];
    private readonly float[] _example = new float[features];

    /// <summary>One pass in the set's own order, with a rate that the caller lowers from epoch to epoch.</summary>
    public void Train(ExampleSet set, float rate)
    {
        var scores = new float[classes];
        for (var first = 0; first < set.Count; first += Batch)
        {
            Array.Clear(_gradient);
            var end = Math.Min(first + Batch, set.Count);
            for (var i = first; i < end; i++)
            {
                Score(set, i, scores);
                var largest = scores.Max();
                var total = scores.Sum(score => MathF.Exp(score - largest));
                for (var c = 0; c < classes; c++)
                {
                    var probability = MathF.Exp(scores[c] - largest) / total;
                    Add((probability - (c == set.Label(i) ? 1 : 0)) / (end - first), _example, _gradient.AsSpan(c * features, features));
                }
            }

            for (var j = 0; j < _weights.Length; j++)
            {
                _velocity[j] = (Momentum * _velocity[j]) + _gradient[j];
                _weights[j] -= rate * _velocity[j];
            }
        }
    }

    /// <summary>Share of examples whose label has the greatest score, 0..1.</summary>
    public double Accuracy(ExampleSet set)
    {
        var scores = new float[classes];
        var right = 0;
        for (var i = 0; i < set.Count; i++)
        {
            Score(set, i, scores);
            if (Array.IndexOf(scores, scores.Max()) == set.Label(i))
                right++;
        }

        return right / (double)set.Count;
    }

    private void Score(ExampleSet set, int index, float[] scores)
    {
        set.CopyFeatures(index, _example);
        for (var c = 0; c < classes; c++)
            scores[c] = Dot(_example, _weights.AsSpan(c * features, features));
    }

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var sum = Vector<float>.Zero;
        var i = 0;
        for (; i <= left.Length - Vector<float>.Count; i += Vector<float>.Count)
            sum += new Vector<float>(left[i..]) * new Vector<float>(right[i..]);
        var total = Vector.Sum(sum);
        for (; i < left.Length; i++)
            total += left[i] * right[i];
        return total;
    }

    private static void Add(float scale, ReadOnlySpan<float> source, Span<float> target)
    {
        var i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(target[i..]) + (scale * new Vector<float>(source[i..]))).CopyTo(target[i..]);
        for (; i < source.Length; i++)
            target[i] += scale * source[i];
    }
}

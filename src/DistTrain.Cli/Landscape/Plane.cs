using DistTrain.Cli.Evaluation;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Cli.Landscape;

/// <summary>Weights along one direction or two: w + α·d₁ + β·d₂, or from one checkpoint to another.</summary>
internal sealed class Plane
{
    private readonly float[] _origin;
    private readonly double[] _first;
    private readonly double[]? _second;
    private readonly int _trainable;

    private Plane(SavedModel saved, double[] first, double[]? second) =>
        (_origin, _first, _second, _trainable) = (saved.Vector, first, second, saved.Layout.TrainableLength);

    /// <summary>Random directions, as long as the weights filter by filter.</summary>
    public static Plane Around(SavedModel saved, int dimensions, long seed) => new(
        saved,
        FilterDirection.Of(saved.Layout, saved.Vector, seed, 0),
        dimensions == 2 ? FilterDirection.Of(saved.Layout, saved.Vector, seed, 1) : null);

    /// <summary>The line through two versions of one layout.</summary>
    public static Plane Between(SavedModel saved, SavedModel other) => new(saved, [.. saved.Vector.Zip(other.Vector, (here, there) => (double)there - here)], null);

    /// <summary>
    /// The flat vector there. Running statistics go along between the two versions only: beyond them a variance would become negative.
    /// </summary>
    public float[] At(double alpha, double beta)
    {
        var vector = new float[_origin.Length];
        var between = Math.Clamp(alpha, 0, 1);
        for (var i = 0; i < vector.Length; i++)
            vector[i] = (float)(_origin[i] + ((i < _trainable ? alpha : between) * _first[i]) + (_second is null ? 0 : beta * _second[i]));
        return vector;
    }
}

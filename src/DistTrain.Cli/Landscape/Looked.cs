using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Cli.Landscape;

/// <summary>What was looked at, and all that is found there besides the spectrum.</summary>
/// <param name="Source">Where the weights are.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="WeightsSha256">Of them.</param>
/// <param name="Set">train or test.</param>
/// <param name="Examples">How many of it.</param>
/// <param name="Mode">evaluation or training.</param>
/// <param name="Precision">float32 or float64.</param>
/// <param name="Ranks">How many divided the examples.</param>
/// <param name="Parameters">Trainable ones.</param>
/// <param name="Loss">Mean over the examples.</param>
/// <param name="Correct">Of the examples, or of regression the sum of 1 − e²/variance.</param>
/// <param name="Smallest">Where the direction of the smallest eigenvalue lives, in the layout's order.</param>
/// <param name="Largest">The same of the largest.</param>
/// <param name="Sha256">Of all results.</param>
internal sealed record Looked(
    string Source,
    long? Step,
    string WeightsSha256,
    string Set,
    int Examples,
    string Mode,
    string Precision,
    int Ranks,
    long Parameters,
    double Loss,
    double Correct,
    IEnumerable<DirectionShare> Smallest,
    IEnumerable<DirectionShare> Largest,
    string Sha256)
{
    /// <summary>Numbers are told, and no classes.</summary>
    public bool TellsNumbers { get; init; }

    /// <summary>The loss in boxes around the weights; null: not asked for.</summary>
    public IReadOnlyList<Sharpness>? Sharpness { get; init; }
}

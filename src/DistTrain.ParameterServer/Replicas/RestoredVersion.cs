using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>A committed version read back.</summary>
/// <param name="Open">The step that waits at it.</param>
/// <param name="Vectors">This server's run of the weights, then of each slot.</param>
internal sealed record RestoredVersion(OpenStep Open, IReadOnlyList<float[]> Vectors)
{
    /// <summary>Of a probe: the weights, and the directions that its recursions go on from, by version.</summary>
    public IReadOnlyDictionary<long, float[]> Earlier { get; init; } = new Dictionary<long, float[]>();
}

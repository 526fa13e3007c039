using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>A committed version read back.</summary>
/// <param name="Open">The step that waits at it.</param>
/// <param name="Vectors">This server's run of the weights, then of each slot.</param>
internal sealed record RestoredVersion(OpenStep Open, IReadOnlyList<float[]> Vectors);

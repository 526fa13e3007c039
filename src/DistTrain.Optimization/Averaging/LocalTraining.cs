namespace DistTrain.Optimization.Averaging;

/// <summary>A phase in which each rank steps a copy of its own by its share of each batch, and the copies are averaged every few steps and at the end.</summary>
/// <param name="StartEpoch">Epochs of synchronous training before it.</param>
/// <param name="EverySteps">Steps between two averages.</param>
public sealed record LocalTraining(long StartEpoch, long EverySteps);

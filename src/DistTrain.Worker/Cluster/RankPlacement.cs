namespace DistTrain.Worker.Cluster;

/// <summary>
/// Spreads the ranks of a job evenly: over n silos, none has more than one rank more than another. Where a rank belongs depends only
/// on its key and the silos, so every silo gives the same answer. For grains whose key is a <see cref="RankKey"/>.
/// </summary>
[GenerateSerializer]
[Immutable]
public sealed class RankPlacement : PlacementStrategy;

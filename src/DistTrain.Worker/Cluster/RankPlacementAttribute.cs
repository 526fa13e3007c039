using Orleans.Placement;

namespace DistTrain.Worker.Cluster;

/// <summary>Places a grain class by <see cref="RankPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RankPlacementAttribute() : PlacementAttribute(new RankPlacement());

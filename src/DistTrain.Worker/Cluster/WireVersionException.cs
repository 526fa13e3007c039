namespace DistTrain.Worker.Cluster;

/// <summary>A silo can't join, as the cluster's silos speak another wire version; the message tells a user who they are.</summary>
public sealed class WireVersionException(string message) : Exception(message);

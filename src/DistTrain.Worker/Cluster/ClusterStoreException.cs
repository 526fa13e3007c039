namespace DistTrain.Worker.Cluster;

/// <summary>A cluster's store can't be used when a silo starts; the message tells a user why.</summary>
public sealed class ClusterStoreException(string message, Exception? cause = null) : Exception(message, cause);

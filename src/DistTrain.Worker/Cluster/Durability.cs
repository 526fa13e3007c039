namespace DistTrain.Worker.Cluster;

/// <summary>What a committed write outlives.</summary>
internal enum Durability
{
    /// <summary>The end of any process, not a power cut: no wait for the disk. For heartbeats and membership.</summary>
    Process,

    /// <summary>A power cut too: each commit waits for the disk.</summary>
    Machine,
}

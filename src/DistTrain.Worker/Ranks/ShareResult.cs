using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>What computing a rank's share of a step has brought, besides the gradient.</summary>
/// <param name="Batch">Loss and hits over its examples.</param>
/// <param name="Used">The examples that were really used, in order.</param>
internal readonly record struct ShareResult(BatchResult Batch, ReadOnlyMemory<int> Used);

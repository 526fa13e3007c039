using DistTrain.Optimization.Normalization;

namespace DistTrain.Torch.Passes;

/// <summary>
/// Where the ranks of a scope meet in the middle of a pass over one micro-batch. Both calls block until every rank of the scope has made the
/// same one. Layers are told apart by the index of their statistics segment.
/// </summary>
public interface IMomentExchange
{
    /// <summary>Moments of the scope's whole batch. A rank without examples brings <see cref="BatchMoments.Empty"/>.</summary>
    BatchMoments Merge(int layer, BatchMoments own);

    /// <summary>Sums over the ranks of the scope; of all that a rank brings, element by element.</summary>
    double[] Sum(int layer, double[] own);
}

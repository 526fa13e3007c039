using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>One layer's normalization of one micro-batch, from forward to backward.</summary>
/// <param name="Exchange">Where the ranks meet.</param>
/// <param name="Layer">Index of the layer's statistics segment.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Pass">Told of an exception in backward, which must not leave it; from then on nothing is shared, for what flows back is no gradient.</param>
internal sealed record SyncBatchNormCall(IMomentExchange Exchange, int Layer, double Epsilon, ForwardPass Pass)
{
    /// <summary>Moments of this rank's micro-batch; set, like all below, when the ranks have met in forward.</summary>
    public BatchMoments Own { get; set; } = BatchMoments.Empty(0);

    /// <summary>x about this rank's center.</summary>
    public CenteredInput? Input { get; set; }

    /// <summary>Values behind each channel over all ranks.</summary>
    public long Count { get; set; }

    /// <summary>1 / sqrt(σ² + ε) by channel, over all ranks.</summary>
    public double[] Inverse { get; set; } = [];

    /// <summary>What x̂ is by channel where x is this rank's center.</summary>
    public double[] Shift { get; set; } = [];
}

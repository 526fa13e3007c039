namespace DistTrain.Optimization.Parameters;

/// <summary>What a tensor of a model is: decides decay, layer-wise adaptation, and how the server merges it.</summary>
public enum SegmentKind
{
    /// <summary>Weights of a linear or convolutional layer.</summary>
    Weight,

    /// <summary>An additive bias.</summary>
    Bias,

    /// <summary>Scale or shift of a normalization layer (γ, β).</summary>
    Norm,

    /// <summary>
    /// Running statistics of one BatchNorm layer, shape [channels, 2] with (mean, variance) pairs: a buffer, no optimizer touches it.
    /// A pair never spans two buckets, so the server can merge moments bucket by bucket.
    /// </summary>
    Statistics,

    /// <summary>
    /// Mean and variance of the inputs over the training set, pairs like <see cref="Statistics"/>: a buffer that only a step which takes
    /// statistics changes.
    /// </summary>
    Features,

    /// <summary>
    /// Running statistics of one batch renormalization layer: as <see cref="Statistics"/>, but the second of each pair is a deviation, which the
    /// server averages instead of the variance. Ranks push moments, (mean, biased variance), as for <see cref="Statistics"/>.
    /// </summary>
    Deviations,

    /// <summary>
    /// The vector of the power iteration that follows a weight's largest singular value, [rows]: a buffer. Each rank that has examples computes
    /// the next one from the version alone, so all of them push the same, and the server takes it over.
    /// </summary>
    PowerVector,
}

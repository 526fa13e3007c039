namespace DistTrain.Client;

/// <summary>The noise of the gradients of single examples (1812.06162).</summary>
/// <param name="GradientSquare">|G|², the squared norm of the gradient over all examples: an unbiased estimate from one step, of either sign.</param>
/// <param name="Trace">tr Σ, the variance of an example's gradient: the same.</param>
/// <param name="Scale">tr Σ / |G|² of the running means of both, in examples; null while these do not allow it.</param>
/// <param name="CriticalBatch">The scale as a batch, from 1 to the training set; null with it.</param>
public sealed record GradientNoise(double GradientSquare, double Trace, double? Scale, long? CriticalBatch);

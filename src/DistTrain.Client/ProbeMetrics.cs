namespace DistTrain.Client;

/// <summary>
/// What a job measures of the landscape under way. In evaluation mode the loss along the update that made a version (2601.16979), over the examples of its
/// step, or the curvature at the version, over examples of the training set; or in training mode how smooth loss and gradient are along the step's gradient.
/// </summary>
public sealed record ProbeMetrics : JobEvent
{
    /// <summary>Number of the version.</summary>
    public long Step { get; init; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epoch { get; init; }

    /// <summary>2 over the smallest rate at which the update would raise the loss; null where its bracket is open at an end.</summary>
    public double? CriticalSharpness { get; init; }

    /// <summary>It is not below; null where nothing is known.</summary>
    public double? Low { get; init; }

    /// <summary>It is not above; null where nothing is known.</summary>
    public double? High { get; init; }

    /// <summary>2 over the step's rate: training is at the edge of stability where the two meet.</summary>
    public double Edge { get; init; }

    /// <summary>Mean loss at the weights before the update; of curvature, at those after it.</summary>
    public double Loss { get; init; }

    /// <summary>Forward passes; of smoothness, gradients; 0 of curvature.</summary>
    public int Passes { get; init; }

    /// <summary>The largest eigenvalue of the Hessian, as far as the products tell; null where curvature is not looked at, or not finite.</summary>
    public double? LambdaMax { get; init; }

    /// <summary>The smallest; null with it.</summary>
    public double? LambdaMin { get; init; }

    /// <summary>An eigenvalue lies within this distance of <see cref="LambdaMax"/>; null with it.</summary>
    public double? LambdaMaxResidual { get; init; }

    /// <summary>The same of <see cref="LambdaMin"/>.</summary>
    public double? LambdaMinResidual { get; init; }

    /// <summary>Of the mean gradient over the examples; null with what it is told beside: the ends, or the smoothness.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>Share of the eigenvalues that are positive, the minimum ratio; null where not all are known.</summary>
    public double? Positive { get; init; }

    /// <summary>Share of those that are negative; null with it.</summary>
    public double? Negative { get; init; }

    /// <summary>Hessian-vector products; 0 of the other measurements.</summary>
    public int Products { get; init; }

    /// <summary>That the loss is over; 0 of critical sharpness.</summary>
    public int Examples { get; init; }

    /// <summary>Along the step's gradient; null where it is not looked at, or not finite.</summary>
    public SmoothnessMetrics? Smoothness { get; init; }
}

/// <summary>How loss and gradient change along the gradient of a step's minibatch, from half to four times its rate (1805.11604).</summary>
/// <param name="Beta">The largest change of the gradient over the distance: effective β-smoothness.</param>
/// <param name="LossLow">The lowest mean loss on the way.</param>
/// <param name="LossHigh">The highest.</param>
/// <param name="ChangeLow">The smallest norm of the gradient's change.</param>
/// <param name="ChangeHigh">The largest.</param>
public sealed record SmoothnessMetrics(double Beta, double LossLow, double LossHigh, double ChangeLow, double ChangeHigh);

namespace DistTrain.Cli.Output;

/// <summary>The loss along the update that made a version, the curvature at the version, or how smooth the loss is along its step's gradient.</summary>
/// <param name="CriticalSharpness">2 over the smallest rate at which the update would raise the loss; left out where its bracket is open at an end.</param>
/// <param name="Low">It is not below; left out where it is not looked for.</param>
/// <param name="High">It is not above; left out where nothing is known.</param>
/// <param name="LambdaMax">The largest eigenvalue of the Hessian; left out where it is not looked for, or not finite, as the next three.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="LambdaMaxResidual">An eigenvalue lies within this distance of the largest.</param>
/// <param name="LambdaMinResidual">And of the smallest.</param>
/// <param name="BetaSmoothness">The largest change of the gradient over the distance; left out where it is not looked for, or not finite, as the next four.</param>
/// <param name="LossLow">The lowest mean loss along the gradient.</param>
/// <param name="LossHigh">The highest.</param>
/// <param name="GradientChangeLow">The smallest norm of the gradient's change.</param>
/// <param name="GradientChangeHigh">The largest.</param>
/// <param name="GradientNorm">Of the mean gradient over the examples; left out with the ends and the smoothness.</param>
/// <param name="Positive">Share of positive eigenvalues, the minimum ratio; left out where not all are known, as the next.</param>
/// <param name="Negative">Share of negative ones.</param>
/// <param name="Edge">2 over the step's rate.</param>
/// <param name="Passes">Forward passes, of smoothness gradients; left out of curvature.</param>
/// <param name="Products">Hessian-vector products of curvature.</param>
/// <param name="Examples">That the loss is over; left out of critical sharpness.</param>
internal sealed record UpdateProbeEvent(
    long Step,
    double Epoch,
    double? CriticalSharpness,
    double? Low,
    double? High,
    double? LambdaMax,
    double? LambdaMin,
    double? LambdaMaxResidual,
    double? LambdaMinResidual,
    double? BetaSmoothness,
    double? LossLow,
    double? LossHigh,
    double? GradientChangeLow,
    double? GradientChangeHigh,
    double? GradientNorm,
    double? Positive,
    double? Negative,
    double Edge,
    double Loss,
    int? Passes,
    int? Products,
    int? Examples) : OutputEvent;

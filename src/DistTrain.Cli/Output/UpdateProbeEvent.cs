namespace DistTrain.Cli.Output;

/// <summary>The loss along the update that made a version, or the curvature at the version.</summary>
/// <param name="CriticalSharpness">2 over the smallest rate at which the update would raise the loss; left out where its bracket is open at an end.</param>
/// <param name="Low">It is not below; left out where it is not looked for.</param>
/// <param name="High">It is not above; left out where nothing is known.</param>
/// <param name="LambdaMax">The largest eigenvalue of the Hessian; left out where it is not looked for, or not finite, as the next three.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="LambdaMaxResidual">An eigenvalue lies within this distance of the largest.</param>
/// <param name="LambdaMinResidual">And of the smallest.</param>
/// <param name="GradientNorm">Of the mean gradient over the examples; left out with the ends.</param>
/// <param name="Positive">Share of positive eigenvalues, the minimum ratio; left out where not all are known, as the next.</param>
/// <param name="Negative">Share of negative ones.</param>
/// <param name="Edge">2 over the step's rate.</param>
/// <param name="Passes">Forward passes; left out of curvature.</param>
/// <param name="Products">Hessian-vector products; left out of critical sharpness, as the examples.</param>
/// <param name="Examples">That the loss is over.</param>
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
    double? GradientNorm,
    double? Positive,
    double? Negative,
    double Edge,
    double Loss,
    int? Passes,
    int? Products,
    int? Examples) : OutputEvent;

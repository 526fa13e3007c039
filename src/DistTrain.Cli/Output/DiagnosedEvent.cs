namespace DistTrain.Cli.Output;

/// <summary>What <c>diagnose</c> found. Always the last line.</summary>
/// <param name="Checkpoint">The file or folder that was read.</param>
/// <param name="Step">Number of the version; left out for a model file.</param>
/// <param name="WeightsSha256">Of the parameters and buffers that were looked at.</param>
/// <param name="Data">train or test.</param>
/// <param name="Examples">How many of them the loss is over.</param>
/// <param name="Mode">evaluation or training.</param>
/// <param name="Precision">float32 or float64: of gradients and products.</param>
/// <param name="Ranks">How many divided the examples.</param>
/// <param name="Parameters">Trainable ones: eigenvalues there are.</param>
/// <param name="Loss">Mean over the examples.</param>
/// <param name="Accuracy">Share of the examples, 0..1; left out of regression.</param>
/// <param name="GradientNorm">Of the mean gradient.</param>
/// <param name="Verdict">minimum, saddle, maximum, plateau, not-critical or undecided.</param>
/// <param name="HasFlatDirections">A minimum or maximum that is flat in some directions.</param>
/// <param name="Reason">The verdict in words, with what it rests on.</param>
/// <param name="GradientTolerance">Largest gradient norm of a critical point.</param>
/// <param name="CurvatureTolerance">τ: zero is what lies within ±τ.</param>
/// <param name="LambdaMax">The largest eigenvalue.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="Largest">The wanted largest ones, descending.</param>
/// <param name="Smallest">The wanted smallest ones, ascending.</param>
/// <param name="Positive">Share of the eigenvalues above τ, the minimum ratio; left out when not asked for, as the next three.</param>
/// <param name="Zero">Share within ±τ.</param>
/// <param name="Negative">Share below −τ.</param>
/// <param name="Trace">Sum of all eigenvalues.</param>
/// <param name="Confidence">How often an error bar covers the truth.</param>
/// <param name="IsComplete">All eigenvalues were found: shares are counted, and have no error bars.</param>
/// <param name="SmallestDirection">Where the smallest one's direction lives: the share of its squared length in each tensor, largest first.</param>
/// <param name="LargestDirection">The same of the largest one's.</param>
/// <param name="Products">Hessian-vector products that it took.</param>
/// <param name="Seconds">Wall time of looking, reading left out.</param>
/// <param name="Sha256">Of all results as bytes: equal when every bit of them is.</param>
/// <param name="File">Where all results are, absolute.</param>
/// <param name="Escape">The way down that was tried; left out when none was asked for.</param>
internal sealed record DiagnosedEvent(
    string Checkpoint,
    long? Step,
    string WeightsSha256,
    string Data,
    int Examples,
    string Mode,
    string Precision,
    int Ranks,
    long Parameters,
    double Loss,
    double? Accuracy,
    double GradientNorm,
    string Verdict,
    bool HasFlatDirections,
    string Reason,
    double GradientTolerance,
    double CurvatureTolerance,
    double LambdaMax,
    double LambdaMin,
    IReadOnlyList<Eigenvalue> Largest,
    IReadOnlyList<Eigenvalue> Smallest,
    EigenvalueShare? Positive,
    EigenvalueShare? Zero,
    EigenvalueShare? Negative,
    UncertainValue? Trace,
    double Confidence,
    bool IsComplete,
    IReadOnlyList<DirectionShare> SmallestDirection,
    IReadOnlyList<DirectionShare> LargestDirection,
    int Products,
    double Seconds,
    string Sha256,
    string File,
    EscapeAttempt? Escape = null) : OutputEvent
{
    /// <summary>1 − Σe²/Σ(y − ȳ)², of regression; left out of other tasks.</summary>
    public double? R2 { get; init; }

    /// <summary>In boxes around the weights; left out when not asked for.</summary>
    public IReadOnlyList<RiseInBox>? Sharpness { get; init; }

    /// <summary>The probe on the cluster; left out for one of this process.</summary>
    public string? Job { get; init; }

    /// <summary>How often a rank of it went on elsewhere, or the servers from a checkpoint.</summary>
    public int? Recoveries { get; init; }

    /// <summary>Products that were taken again because of that.</summary>
    public long? RedoneProducts { get; init; }

    /// <summary>Beyond what as many products take at the median pace; left out where nothing was recovered.</summary>
    public double? LostSeconds { get; init; }
}

/// <summary>How high the loss rises in a box around the weights.</summary>
/// <param name="Box">full, subspace or adaptive.</param>
/// <param name="Radius">Its ε or ρ.</param>
/// <param name="Sharpness">100 · (highest − loss) / (1 + loss).</param>
/// <param name="HighestLoss">That was found: the true one is no lower.</param>
/// <param name="Passes">Gradient passes that it took.</param>
/// <param name="IsAtCorner">The search ended at a corner of the box that the gradient does not lead away from; false: its passes were used up.</param>
internal sealed record RiseInBox(string Box, double Radius, double Sharpness, double HighestLoss, int Passes, bool IsAtCorner);

/// <param name="Value">θ.</param>
/// <param name="Residual">An eigenvalue lies within this distance of it.</param>
internal sealed record Eigenvalue(double Value, double Residual);

/// <param name="Value">The estimate.</param>
/// <param name="Error">Half its error bar, of the random directions.</param>
internal sealed record UncertainValue(double Value, double Error);

/// <param name="Value">The estimate, 0..1.</param>
/// <param name="Error">Half its error bar, of the random directions.</param>
/// <param name="Low">What recursions that were cut off do not rule out, besides the bar.</param>
/// <param name="High">The same on the other side.</param>
internal sealed record EigenvalueShare(double Value, double Error, double Low, double High);

/// <param name="Tensor">Its name in the model.</param>
/// <param name="Share">Of the direction's squared length, 0..1.</param>
internal sealed record DirectionShare(string Tensor, double Share);

/// <param name="IsLower">The loss is lower there. Else no step that was tried is, or there is no direction of negative curvature.</param>
/// <param name="Length">Along the smallest eigenvalue's direction; negative: the other way.</param>
/// <param name="LossBefore">Over the same examples.</param>
/// <param name="LossAfter">At the new weights.</param>
/// <param name="Measurements">Losses that it took.</param>
/// <param name="WeightsSha256">Of the new weights; left out where there are none.</param>
/// <param name="File">Where they are, absolute.</param>
internal sealed record EscapeAttempt(
    bool IsLower, double Length, double LossBefore, double LossAfter, int Measurements, string? WeightsSha256, string? File);

/// <summary>A Hessian-vector product of <c>diagnose</c> is done.</summary>
/// <param name="Products">So far.</param>
/// <param name="Most">It takes at most.</param>
/// <param name="LambdaMax">The largest eigenvalue, as far as it is known.</param>
/// <param name="LambdaMin">The smallest.</param>
internal sealed record ProductEvent(long Products, long Most, double? LambdaMax, double? LambdaMin) : OutputEvent;

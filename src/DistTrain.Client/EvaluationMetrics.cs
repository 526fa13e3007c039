namespace DistTrain.Client;

/// <summary>The test set at the weights after a step.</summary>
public sealed record EvaluationMetrics : SetMetrics;

namespace DistTrain.Client;

/// <summary>What the job sets apart of the training set, at the weights after a step.</summary>
public sealed record ValidationMetrics : SetMetrics;

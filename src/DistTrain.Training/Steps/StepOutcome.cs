namespace DistTrain.Training.Steps;

/// <summary>What a closed step tells the course of training.</summary>
/// <param name="Correct">Examples that were classified right, over the ranks of the replica.</param>
/// <param name="AverageSquare">|ḡ|² of the averaged gradient, where something needs it.</param>
/// <param name="Shares">Each rank's examples and the squared norm of what it pushed, where the noise is measured.</param>
/// <param name="Verdict">What became of it.</param>
public readonly record struct StepOutcome(double Correct, double AverageSquare, IReadOnlyList<(int Examples, double Square)> Shares, Verdict Verdict = default);

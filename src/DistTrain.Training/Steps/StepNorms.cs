namespace DistTrain.Training.Steps;

/// <summary>Squared norms of a step's gradients over all servers, where something needs them.</summary>
/// <param name="AverageSquare">|ḡ|² of the averaged gradient; 0 where nobody asked.</param>
/// <param name="RankSquares">By rank, the squared norm of what it pushed; empty where nobody asked.</param>
public readonly record struct StepNorms(double AverageSquare, double[] RankSquares)
{
    public static StepNorms None { get; } = new(0, []);
}

namespace DistTrain.Torch.Replicas;

/// <summary>Sums over some examples.</summary>
/// <param name="Examples">How many.</param>
/// <param name="LossSum">Sum of their labels' losses, over what the labels of an average example weigh of the whole that they are a part of.</param>
/// <param name="Correct">How many labels were told right, over the labels of such an example; of numbers that are told, the sum of 1 − e²/variance, whose mean is R².</param>
public readonly record struct BatchResult(int Examples, double LossSum, double Correct)
{
    /// <summary>What the task tells beside that: of classes how many are among the topK highest scores, as right ones are counted; of numbers Σ|e|. 0: nothing.</summary>
    public double Beside { get; init; }

    /// <param name="examples">How many.</param>
    /// <param name="lossSum">Sum of the losses.</param>
    /// <param name="told">How well they were told.</param>
    internal static BatchResult Of(int examples, double lossSum, (double Correct, double Beside) told) => new(examples, lossSum, told.Correct) { Beside = told.Beside };

    public static BatchResult operator +(BatchResult a, BatchResult b) =>
        new(a.Examples + b.Examples, a.LossSum + b.LossSum, a.Correct + b.Correct) { Beside = a.Beside + b.Beside };
}

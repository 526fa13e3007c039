namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// What a sum over labels is divided by to be their mean over a whole, a step of all ranks or a set: by <see cref="Weight"/>, which leaves a sum over
/// examples of which each label counts what it weighs, and by <see cref="Examples"/>. A function of the examples' numbers and the set: no rank asks another.
/// </summary>
/// <param name="Examples">Of the whole.</param>
/// <param name="Targets">Labels that count of one of them, on average; where all have as many, what each has.</param>
public readonly record struct Divisor(int Examples, double Targets)
{
    /// <summary>What these labels weigh; as many as they are where classes have no weights.</summary>
    public double Weight { get; init; } = Targets;

    /// <summary>Of numbers that are to be told: their variance over the set that the examples are of; 0 of classes and tokens.</summary>
    public double Variance { get; init; }
}

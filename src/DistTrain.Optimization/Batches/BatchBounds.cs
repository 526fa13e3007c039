using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Batches;

/// <summary>The options that all ways of changing the batch share.</summary>
public static class BatchBounds
{
    /// <summary>Most examples in a step of any job.</summary>
    public const int Largest = 1_048_576;

    internal static Option From { get; } =
        new("from", OptionKind.Whole, null, "examples in the first steps, over all ranks") { Minimum = 1, Maximum = Largest };

    internal static Option To { get; } =
        new("to", OptionKind.Whole, null, "most examples in a step") { Minimum = 1, Maximum = Largest };
}

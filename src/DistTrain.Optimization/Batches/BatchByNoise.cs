using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Batches;

/// <summary>
/// The batch follows the gradient noise scale: every <c>everySteps</c> steps it becomes the smoothed estimate of tr Σ / |G|², within
/// [from, to], and at most doubled or halved. Below that scale a larger batch saves steps at hardly any cost in examples; above it, not.
/// </summary>
public sealed class BatchByNoise : IBatchDefinition
{
    public string Name => "auto";

    public string Summary => "Follows the measured gradient noise scale within bounds; needs two ranks, whose gradients it compares, and no extra pass.";

    public string Source => "1812.06162, section 2.2 and appendix A.1";

    public IReadOnlyList<Option> Options { get; } =
    [
        BatchBounds.From,
        BatchBounds.To,
        new("everySteps", OptionKind.Whole, 20L, "steps between two changes") { Minimum = 1, Maximum = 1_000_000 },
        new("smoothing", OptionKind.Number, NoiseScale.Smoothing, "share of the running means kept at each step") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true },
    ];

    public BatchFollowing Follow(OptionValues options) =>
        new(options.Whole("from"), options.Whole("to"), options.Whole("everySteps"), options.Number("smoothing"));
}

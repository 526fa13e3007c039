using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>
/// Post-local SGD: synchronous training for <c>startEpoch</c> epochs; then each rank steps a copy of its own with the gradient of its share, and
/// the copies are averaged every <c>everySteps</c> steps and at the end. Data and schedule go on as before; each copy keeps its slots.
/// </summary>
public sealed class PostLocal : IAveragingDefinition
{
    public string Name => "post-local";

    public string Summary => "Synchronous first, then local steps averaged every few: generalizes better than the large batch alone.";

    public string Source => "1808.07217, algorithm 2";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("startEpoch", OptionKind.Whole, null, "epochs of synchronous training before local steps begin") { Minimum = 0, Maximum = 1_000_000 },
        new("everySteps", OptionKind.Whole, 16L, "local steps between two averages") { Minimum = 1, Maximum = 1_000_000 },
    ];

    public AveragingPlan Of(OptionValues options) => new(Local: new LocalTraining(options.Whole("startEpoch"), options.Whole("everySteps")));
}

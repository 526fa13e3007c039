using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>
/// SWAP, stochastic weight averaging in parallel:
/// <code>
/// 1  all ranks train one replica with the job's batch and rate until an epoch's train accuracy reaches trainAccuracy, or for the job's epochs
/// 2  each rank refines a copy of its own with batch, for epochs over its own order of all the data; the rate falls linearly from lr to 0
/// 3  the weights of the copies are averaged; BatchNorm statistics are taken anew over the training data
/// </code>
/// Phase 2 refines by plain momentum, whatever the optimizer of phase 1; its velocity starts at zero.
/// </summary>
public sealed class Swap : IAveragingDefinition
{
    public string Name => "swap";

    public string Summary => "A large batch up to an accuracy, then each rank refines a copy with small batches, then the copies are averaged.";

    public string Source => "2001.02312, algorithm 1";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("trainAccuracy", OptionKind.Number, 0.98, "train accuracy over an epoch that ends the first phase") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 },
        new("batch", OptionKind.Whole, 64L, "examples in a step of one rank while it refines") { Minimum = 1, Maximum = 1_048_576 },
        new("epochs", OptionKind.Whole, 2L, "passes of each rank over the whole training set while it refines") { Minimum = 1, Maximum = 1_000_000 },
        new("lr", OptionKind.Number, 0.02, "rate at the start of refining; it falls linearly to 0") { Minimum = 0, ExclusiveMinimum = true },
        CommonOptions.MomentumShare(0.9) with { Description = "momentum while refining" },
        CommonOptions.WeightDecay(0) with { Description = "weight decay while refining; not of biases and norms" },
    ];

    public AveragingPlan Of(OptionValues options) => new(Alone: new AloneTraining(
        options.Number("trainAccuracy"),
        (int)options.Whole("batch"),
        options.Whole("epochs"),
        options.Number("lr"),
        () => Refiner(options)));

    private static IOptimizer<float> Refiner(OptionValues options)
    {
        var momentum = new Momentum();
        var given = new Dictionary<string, object>
        {
            ["momentum"] = options.Number("momentum"),
            ["weightDecay"] = options.Number("weightDecay"),
        };
        return momentum.Create<float>(new OptionValues(momentum.Options, given));
    }
}

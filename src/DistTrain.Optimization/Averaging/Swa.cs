using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>
/// SWA, stochastic weight averaging: the result is the mean of the versions at the end of each <c>everyEpochs</c>-th epoch from
/// <c>startEpoch</c> on, the last version included; BatchNorm statistics are then taken anew over the training data.
/// <code>
/// mean = mean + (w - mean) / n          n = 1, 2, ...
/// </code>
/// </summary>
public sealed class Swa : IAveragingDefinition
{
    public string Name => "swa";

    public string Summary => "The mean of the versions at the ends of the last epochs; a flatter minimum for no further gradient. Keep the rate up meanwhile.";

    public string Source => "1803.05407, algorithm 1";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("startEpoch", OptionKind.Whole, null, "epoch after which versions are averaged, from 1") { Minimum = 1, Maximum = 1_000_000 },
        new("everyEpochs", OptionKind.Whole, 1L, "epochs between two versions that count") { Minimum = 1, Maximum = 1_000_000 },
    ];

    public AveragingPlan Of(OptionValues options) => new(Mean: new MeanOfVersions(options.Whole("startEpoch"), options.Whole("everyEpochs")));
}

using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Batches;

/// <summary>
/// The batch grows where otherwise the rate would fall:
/// <code>
/// batch = min(to, from * factor^floor(epoch / everyEpochs))
/// </code>
/// </summary>
public sealed class BatchGrowth : IBatchDefinition
{
    public string Name => "growth";

    public string Summary => "Multiplies the batch every few epochs instead of dividing the rate: the same curve in fewer updates.";

    public string Source => "1711.00489, section 5";

    public IReadOnlyList<Option> Options { get; } =
    [
        BatchBounds.From,
        new("factor", OptionKind.Number, 2.0, "what the batch is multiplied by") { Minimum = 1, ExclusiveMinimum = true },
        new("everyEpochs", OptionKind.Whole, 1L, "epochs between two increases") { Minimum = 1, Maximum = 1_000_000 },
        BatchBounds.To,
    ];

    public bool CountsEpochs => true;

    public int? BatchAt(OptionValues options, int epoch)
    {
        var times = epoch / options.Whole("everyEpochs");
        return (int)Math.Min(options.Whole("to"), Math.Round(options.Whole("from") * Math.Pow(options.Number("factor"), times)));
    }
}

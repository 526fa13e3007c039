namespace DistTrain.Recipes.Keys;

/// <summary>A number of examples, or auto; read as long, <see cref="MicroBatches.Open"/> for auto.</summary>
internal sealed class MicroBatchRule : ScalarRule
{
    private static readonly WholeRule Number = new(1, MicroBatches.Largest);

    public override string Text { get; } = $"{Number.Text}, or {MicroBatches.Auto}";

    public override ValueSchema Schema { get; } = Number.Schema with { Type = null };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        if (text == MicroBatches.Auto)
        {
            mistake = string.Empty;
            return (long)MicroBatches.Open;
        }

        var value = Number.Parsed(text, out mistake);
        mistake = mistake.Replace(Number.Text, Text, StringComparison.Ordinal);
        return value;
    }
}

namespace DistTrain.Recipes.Keys;

/// <summary>A scope of BatchNorm's statistics; read as <see cref="BatchNormScope"/>.</summary>
internal sealed class BatchNormScopeRule : ScalarRule
{
    public override string Text => "local, global, group:RANKS or ghost:EXAMPLES, e.g. group:4";

    public override ValueSchema Schema { get; } = ValueSchema.Text with { Pattern = "^(local|global|(group|ghost):[0-9]+)$" };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        mistake = $"is not a scope; use {Text}";
        return BatchNormScope.Parse(text);
    }
}

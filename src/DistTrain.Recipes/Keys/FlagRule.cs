namespace DistTrain.Recipes.Keys;

/// <summary>true or false; read as bool.</summary>
internal sealed class FlagRule : ScalarRule
{
    public override string Text => "true or false";

    public override ValueSchema Schema { get; } = new("boolean");

    protected override object? Parse(string text, out string mistake)
    {
        mistake = $"is not {Text}";
        return text switch
        {
            "true" => true,
            "false" => false,
            _ => null,
        };
    }

    protected override string? Suggest(string text) => text.ToLowerInvariant() switch
    {
        "1" or "true" => "true",
        "0" or "false" => "false",
        _ => null,
    };
}

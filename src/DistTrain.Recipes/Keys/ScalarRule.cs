using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A rule for a single value.</summary>
internal abstract class ScalarRule : ValueRule
{
    /// <summary>True when the value is text: then <c>"5"</c> is as good as <c>5</c>.</summary>
    protected virtual bool IsText => false;

    public sealed override object? Read(Node node, string path, Findings findings)
    {
        if (node is not ScalarNode scalar || node.IsNull)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}");
            return null;
        }

        if (scalar.Ambiguity is { } ambiguity)
        {
            findings.Add(node.Origin, path, ambiguity, scalar.Text);
            return null;
        }

        if (scalar.IsQuoted && !IsText)
        {
            findings.Add(node.Origin, path, $"is quoted and so text; give {Text}, without quotes", scalar.Text);
            return null;
        }

        if (Parse(scalar.Text, out var mistake) is { } value)
            return value;
        findings.Add(node.Origin, path, mistake, scalar.Text, Suggest(scalar.Text));
        return null;
    }

    /// <summary>The value, or null and what is wrong with it: "is not a number; give …".</summary>
    protected abstract object? Parse(string text, out string mistake);

    /// <summary>The valid value nearest to <paramref name="text"/>, or null.</summary>
    protected virtual string? Suggest(string text) => null;
}

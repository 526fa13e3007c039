using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A list of patterns over names, each at most once, perhaps none; read as a list of strings in the order of their characters.</summary>
internal sealed class PatternsRule : ValueRule
{
    internal static TextRule Pattern { get; } = new("a pattern, such as \"conv1.*\"");

    public override string Text => "a list of patterns";

    public override ValueSchema Schema { get; } = ValueSchema.ListOf(Pattern.Schema);

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is not ListNode list)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}, in brackets: [\"conv1.*\"]");
            return null;
        }

        var read = list.Items.Select((item, i) => (string?)Pattern.Read(item, $"{path}[{i}]", findings)).ToList();
        if (read.Contains(null))
            return null;
        foreach (var twice in read.GroupBy(pattern => pattern, StringComparer.Ordinal).Where(same => same.Count() > 1))
            findings.Add(node.Origin, path, "is in the list twice; keep one", twice.Key);
        return (IReadOnlyList<string>)[.. read.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)!];
    }
}

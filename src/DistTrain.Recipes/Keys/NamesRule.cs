using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A list of names from a closed list, each at most once, perhaps none; read as a list of strings.</summary>
internal sealed class NamesRule(IReadOnlyList<string> names) : ValueRule
{
    private readonly ChoiceRule _choice = new("allowed here", names);

    public override string Text { get; } = "a list of " + string.Join(", ", names);

    public override ValueSchema Schema { get; } = ValueSchema.ListOf(ValueSchema.Text with { Choices = names }) with { MaxItems = names.Count };

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is not ListNode list)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}, in brackets: [{names[0]}], or [] for none");
            return null;
        }

        var read = list.Items.Select((item, i) => (string?)_choice.Read(item, $"{path}[{i}]", findings)).ToList();
        if (read.Contains(null))
            return null;
        foreach (var twice in read.GroupBy(name => name).Where(same => same.Count() > 1))
            findings.Add(node.Origin, path, "is in the list twice; keep one", twice.Key);
        return read.Distinct().Count() == read.Count ? (IReadOnlyList<string>)read! : null;
    }
}

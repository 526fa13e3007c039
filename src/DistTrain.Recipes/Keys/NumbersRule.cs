using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A list of numbers in an option's range, ascending where the option says so, perhaps empty; read as a list of doubles.</summary>
internal sealed class NumbersRule(Option option) : ValueRule
{
    private readonly NumberRule _number = new(option with { Kind = OptionKind.Number });

    public override string Text => option.Rule;

    public override ValueSchema Schema => ValueSchema.ListOf(_number.Schema);

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is not ListNode list)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}, in brackets: [30, 60]");
            return null;
        }

        var read = list.Items.Select((item, i) => (double?)_number.Read(item, $"{path}[{i}]", findings)).ToList();
        if (read.Contains(null))
            return null;
        for (var i = 1; i < read.Count && option.IsAscending; i++)
        {
            if (read[i] > read[i - 1])
                continue;
            findings.Add(list.Items[i].Origin, $"{path}[{i}]", $"is not above {read[i - 1]}, the one before; give {Text}", ((ScalarNode)list.Items[i]).Text);
            return null;
        }

        return (IReadOnlyList<double>)[.. read.Select(number => number!.Value)];
    }
}

using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>Whose names a file has, or a section of them, each with the model's; read as <see cref="NamesRecipe"/>.</summary>
internal sealed class ForeignNamesRule : ValueRule
{
    private static readonly ChoiceRule Convention = new("a program whose names are known", NameConventions.All);

    private static readonly TextRule Name = new("the name of a parameter of the model");

    private static readonly JobKey[] Options =
    [
        new("name", Name, null, "the model's name"),
        new("transpose", new FlagRule(), false, "the file has columns and rows exchanged"),
    ];

    public override string Text { get; } = $"{Convention.Text}, or a section of a file's names, each with the model's";

    public override ValueSchema Schema => new(Type: null);

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is ScalarNode { IsNull: false })
            return Convention.Read(node, path, findings) is string convention ? new NamesRecipe(convention, []) : null;
        if (node is not MapNode map)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}: {{dense.kernel: fc1.weight}}");
            return null;
        }

        var read = map.Entries.Select(entry => Read(entry, $"{path}.{entry.Key}", findings)).ToList();
        if (read.Contains(null))
            return null;
        foreach (var twice in read.GroupBy(name => name!.Ours, StringComparer.Ordinal).Where(same => same.Count() > 1))
            findings.Add(node.Origin, path, $"is given to {string.Join(" and ", twice.Select(name => name!.Theirs))}; keep one", twice.Key);
        return new NamesRecipe(null, [.. read.OfType<ForeignName>().OrderBy(name => name.Theirs, StringComparer.Ordinal)]);
    }

    private static ForeignName? Read(MapEntry entry, string path, Findings findings)
    {
        if (entry.Value is not MapNode section)
            return Name.Read(entry.Value, path, findings) is string ours ? new ForeignName(entry.Key, ours) : null;
        var given = OptionReader.Read(section, path, entry.Key, Options, beside: null, findings);
        return given.GetValueOrDefault("name") is string name ? new ForeignName(entry.Key, name, given.GetValueOrDefault("transpose") is true) : null;
    }
}

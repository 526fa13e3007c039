using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>
/// A section of patterns, each with a factor; read as a list of <see cref="RateFactor"/> in the order of the patterns' characters: a section has none of
/// its own where a cluster stores it as JSON.
/// </summary>
internal sealed class RateFactorsRule : ValueRule
{
    private static readonly NumberRule Factor = new(new("factor", OptionKind.Number, null, "factor on the rate") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1e6 });

    public override string Text { get; } = $"a section of patterns, each with {Factor.Text}";

    public override ValueSchema Schema => ValueSchema.Section;

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is not MapNode map)
        {
            findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}: {{\"conv1.*\": 0.1}}");
            return null;
        }

        var read = map.Entries.Select(entry => (entry.Key, Factor: (double?)Factor.Read(entry.Value, $"{path}.{entry.Key}", findings))).ToList();
        return read.Exists(entry => entry.Factor is null)
            ? null
            : (IReadOnlyList<RateFactor>)[.. read.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new RateFactor(entry.Key, entry.Factor!.Value))];
    }
}

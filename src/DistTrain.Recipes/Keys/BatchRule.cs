using DistTrain.Optimization.Batches;
using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A number of examples, or a section with one policy that changes it; read as <see cref="BatchRecipe"/>.</summary>
internal sealed class BatchRule : ValueRule
{
    private static readonly WholeRule Number = new(1, BatchBounds.Largest);

    public override string Text { get; } =
        $"{Number.Text}, or a section with one of {string.Join(", ", PolicyCatalog.Batches.Names)}, e.g. {{growth: {{from: 128, to: 4096}}}}";

    public override ValueSchema Schema { get; } = Number.Schema with { Type = null, MinProperties = 1, MaxProperties = 1 };

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is not MapNode map)
            return Number.Read(node, path, findings) is long count ? new BatchRecipe((int)count, null) : null;
        if (map.Entries is not [var entry])
        {
            findings.Add(node.Origin, path, $"has {map.Entries.Count} policies; give {Text}");
            return null;
        }

        var catalog = PolicyCatalog.Batches;
        if (catalog.Policies.FirstOrDefault(p => p.Name == entry.Key) is not { } policy)
        {
            findings.Add(entry.Origin, $"{path}.{entry.Key}", $"is no way of changing the batch; use one of {string.Join(", ", catalog.Names)}", entry.Key, NearestName.Of(entry.Key, catalog.Names));
            return null;
        }

        if (entry.Value is not MapNode section)
        {
            findings.Add(entry.Origin, $"{path}.{entry.Key}", $"{ShapeOf(entry.Value)}; give a section with its options");
            return null;
        }

        var given = OptionReader.Read(section, $"{path}.{entry.Key}", policy.Name, [.. policy.Options.Select(o => JobKey.Of(path, o))], beside: null, findings);
        if (policy.Options.Any(o => o.Default is null && !given.ContainsKey(o.Name)))
            return null;
        var options = new OptionValues(policy.Options, given);
        if (options.Whole("to") >= options.Whole("from"))
            return new BatchRecipe((int)options.Whole("from"), new PolicyRecipe(policy.Name, options));
        findings.Add(entry.Origin, $"{path}.{entry.Key}.to", $"is less than from, {options.Whole("from")}; give a larger one", $"{options.Whole("to")}");
        return null;
    }
}

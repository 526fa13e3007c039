using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>Reads the layers of a custom model.</summary>
internal sealed class LayerReader
{
    private readonly Findings _findings;
    private int _count;

    private LayerReader(Findings findings) => _findings = findings;

    /// <summary>The layers of a list; null when it is no list, or there is a problem with one of them.</summary>
    public static IReadOnlyList<LayerRecipe>? Read(Node node, string path, Findings findings)
    {
        var reader = new LayerReader(findings);
        var layers = reader.List(node, path, nesting: 0);
        if (reader._count > LayerForms.MaximumLayers)
            findings.Add(node.Origin, path, $"has {reader._count} layers; a model may have at most {LayerForms.MaximumLayers}");
        return layers;
    }

    private List<LayerRecipe>? List(Node node, string path, int nesting)
    {
        if (node is not ListNode { Items.Count: > 0 } list)
        {
            var found = node switch
            {
                ListNode => "has no layers",
                MapNode => "is a section",
                _ => "is a single value",
            };
            _findings.Add(node.Origin, path, $"{found}; give a list of at least one layer, e.g. [flatten, linear: 10]");
            return null;
        }

        if (nesting > LayerForms.MaximumNesting)
        {
            _findings.Add(node.Origin, path, $"residuals may stand at most {LayerForms.MaximumNesting} deep in each other");
            return null;
        }

        _count += list.Items.Count;
        List<LayerRecipe?> layers = [.. list.Items.Select((item, i) => Layer(item, $"{path}[{i}]", nesting))];
        return layers.Contains(null) ? null : [.. layers.OfType<LayerRecipe>()];
    }

    private LayerRecipe? Layer(Node node, string path, int nesting)
    {
        switch (node)
        {
            case ScalarNode { IsNull: false } scalar:
                return Layer(scalar.Text, node.Origin, null, path, nesting);
            case MapNode { Entries: [var only] }:
                return Layer(only.Key, only.Origin, only.Value.IsNull ? null : only.Value, path, nesting);
            case MapNode { Entries: [var first, ..] } map:
                var keys = string.Join(", ", map.Entries.Select(e => e.Key));
                var rule = $"a layer is one name, its options inside: '{first.Key}: {{…}}'; here stand {map.Entries.Count} keys side by side: {keys}";
                _findings.Add(node.Origin, path, rule);
                return null;
            default:
                _findings.Add(node.Origin, path, $"is not a layer; use one of {string.Join(", ", LayerForms.Names)}");
                return null;
        }
    }

    private LayerRecipe? Layer(string name, Origin origin, Node? value, string path, int nesting)
    {
        if (name == LayerForms.Residual)
            return Residual(value ?? new ListNode(origin, []), $"{path}.{name}", nesting + 1);

        if (LayerForms.Find(name) is { } form)
            return Layer(form, origin, value, $"{path}.{name}");
        _findings.Add(origin, path, $"is not a layer; use one of {string.Join(", ", LayerForms.Names)}", name, NearestName.Of(name, LayerForms.Names));
        return null;
    }

    /// <summary>Its body alone, or a section of body and shortcut.</summary>
    private ResidualRecipe? Residual(Node value, string path, int nesting)
    {
        if (value is not MapNode section)
            return List(value, path, nesting) is { } inner ? new ResidualRecipe(inner) : null;
        string[] parts = [LayerForms.Body, LayerForms.Shortcut];
        foreach (var other in section.Entries.Where(entry => !parts.Contains(entry.Key)))
            _findings.Add(other.Origin, $"{path}.{other.Key}", $"is no part of a residual; give its layers as a list, or a section of {string.Join(" and ", parts)}", other.Key, NearestName.Of(other.Key, parts));
        if (section.Entry(LayerForms.Body) is null or { Value.IsNull: true })
            _findings.Add(section.Origin, $"{path}.{LayerForms.Body}", "is missing; a residual needs a list of layers");
        var (body, shortcut) = (Part(LayerForms.Body), Part(LayerForms.Shortcut));
        return body is null ? null : new ResidualRecipe(body, shortcut);

        List<LayerRecipe>? Part(string name) => section.Entry(name) is { Value: { IsNull: false } layers } ? List(layers, $"{path}.{name}", nesting) : null;
    }

    private LayerRecipe? Layer(LayerForm form, Origin origin, Node? value, string path)
    {
        if (form.Options.Count == 0 && value is not null and not MapNode)
        {
            _findings.Add(origin, path, $"takes no value; write '{form.Name}' alone");
            return null;
        }

        var section = value as MapNode ?? new MapNode(origin);
        if (value is ScalarNode or ListNode)
            section.Set(form.Options[0].Name, origin, value);
        var given = OptionReader.Read(section, path, form.Name, form.Options, beside: null, _findings);
        var values = form.Options.Select(o => given.GetValueOrDefault(o.Name, o.Default!)).ToList();
        if (form.Options.Any(o => o.IsRequired && !given.ContainsKey(o.Name)))
            return null;
        if (form.Problem(values) is not { } problem)
            return form.Build(values);
        _findings.Add(section.Entry(problem.Option)?.Origin ?? origin, $"{path}.{problem.Option}", problem.Rule);
        return null;
    }
}

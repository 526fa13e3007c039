using System.Text;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Writing;

/// <summary>Writes a resolved job as canonical YAML, by the table of keys.</summary>
internal static class JobWriter
{
    public static string Write(TrainingJob job)
    {
        if (job.Spec.Probe is null)
            return Write(job, JobKeys.All);
        // The job that a probe looks at stands in it as one more section.
        var looked = Write(job with { Spec = job.Spec with { Probe = null } }, JobKeys.All).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var spec = looked.SkipWhile(line => line != $"{JobKeys.Spec.Name}:").Skip(1).Select(line => $"  {line}\n");
        return Write(job, ProbeKeys.All) + string.Concat(spec);
    }

    private static string Write(TrainingJob job, IReadOnlyList<JobKey> table)
    {
        var text = new StringBuilder();
        Section(text, job, table, "", indent: 0);
        return text.ToString();
    }

    private static void Section(StringBuilder text, TrainingJob job, IReadOnlyList<JobKey> table, string section, int indent)
    {
        foreach (var key in table.Where(key => key.Section == section))
        {
            switch (key.ValueIn(job))
            {
                case var policy when key.Rule is SectionRule:
                    if (IsAbsent(key, job, table))
                        break;
                    Line(text, indent, $"{key.Name}:");
                    Section(text, job, table, key.Path, indent + 1);
                    foreach (var (name, value) in (policy as PolicyRecipe)?.Options.All ?? [])
                        Line(text, indent + 1, $"{name}: {ValueText.Of(value)}");
                    if (key.NoteIn(job) is { } note)
                        Line(text, indent + 1, $"# {note}");
                    break;
                case IReadOnlyList<LayerRecipe> layers:
                    Line(text, indent, $"{key.Name}:");
                    Layers(text, layers, indent + 1);
                    break;
                case { } value:
                    Line(text, indent, $"{key.Name}: {ValueText.Of(value)}");
                    break;
            }
        }
    }

    /// <summary>A section without a value says nothing: <c>from</c>, in most jobs.</summary>
    private static bool IsAbsent(JobKey section, TrainingJob job, IReadOnlyList<JobKey> table)
    {
        List<JobKey> keys = [.. table.Where(key => key.Section == section.Path)];
        return keys.Count > 0 && keys.All(key => key.Rule is SectionRule and not PolicyRule ? IsAbsent(key, job, table) : key.ValueIn(job) is null);
    }

    private static void Layers(StringBuilder text, IReadOnlyList<LayerRecipe> layers, int indent)
    {
        foreach (var layer in layers)
        {
            if (layer is ResidualRecipe residual)
            {
                Line(text, indent, $"- {LayerForms.Residual}:");
                Residual(text, residual, indent + 2);
            }
            else
            {
                Line(text, indent, $"- {LayerText(layer)}");
            }
        }
    }

    private static void Residual(StringBuilder text, ResidualRecipe residual, int indent)
    {
        if (residual.Shortcut is not { } shortcut)
        {
            Layers(text, residual.Layers, indent);
            return;
        }

        Line(text, indent, $"{LayerForms.Body}:");
        Layers(text, residual.Layers, indent + 1);
        Line(text, indent, $"{LayerForms.Shortcut}:");
        Layers(text, shortcut, indent + 1);
    }

    private static string LayerText(LayerRecipe layer)
    {
        foreach (var form in LayerForms.All)
        {
            if (form.Parts(layer) is not { } parts)
                continue;
            var given = form.Options.Zip(parts).Where(part => part.Second is not null).Select(part => $"{part.First.Name}: {ValueText.Of(part.Second!)}");
            return parts.Count switch
            {
                0 => form.Name,
                1 => $"{form.Name}: {ValueText.Of(parts[0]!)}",
                _ => $"{form.Name}: {{{string.Join(", ", given)}}}",
            };
        }

        throw new ArgumentException($"a layer of type {layer.GetType().Name} has no form in a job file", nameof(layer));
    }

    private static void Line(StringBuilder text, int indent, string line) => text.Append(' ', 2 * indent).Append(line).Append('\n');
}

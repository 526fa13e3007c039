using System.Reflection;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Named;

/// <summary>A recipe by name: a complete setting of optimizer, schedule, scaling and averaging from a paper, laid under a job file.</summary>
/// <param name="Name">Name in the job file.</param>
/// <param name="Summary">One sentence: what it is and when to choose it.</param>
/// <param name="Source">The paper.</param>
/// <param name="Text">The file: YAML with summary, source and spec.</param>
public sealed record NamedRecipe(string Name, string Summary, string Source, string Text)
{
    private const string Folder = "Named.";

    /// <summary>All recipes in order of name: each is a file of this folder.</summary>
    public static IReadOnlyList<NamedRecipe> All { get; } = [.. Read().OrderBy(r => r.Name, StringComparer.Ordinal)];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(r => r.Name)];

    /// <summary>The spec as it stands in the file.</summary>
    public string SpecText => Text[Text.IndexOf("spec:", StringComparison.Ordinal)..].TrimEnd();

    /// <summary>What a job of this recipe says unless it says otherwise.</summary>
    internal MapNode Spec => (MapNode)Root(Name, Text).Find("spec")!;

    private static IEnumerable<NamedRecipe> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var at = resource.IndexOf(Folder, StringComparison.Ordinal);
            if (at < 0 || !resource.EndsWith(".yaml", StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var text = reader.ReadToEnd();
            var name = resource[(at + Folder.Length)..^".yaml".Length];
            var root = Root(name, text);
            yield return new NamedRecipe(name, ((ScalarNode)root.Find("summary")!).Text, ((ScalarNode)root.Find("source")!).Text, text);
        }
    }

    private static MapNode Root(string name, string text)
    {
        var findings = new Findings();
        var root = DocumentReader.Read(text, new Origin($"recipe {name}", null, IsOverride: false), "", findings) as MapNode;
        return findings.Any || root is null
            ? throw new InvalidOperationException($"recipe {name}: {string.Join("; ", findings.All())}")
            : root;
    }
}

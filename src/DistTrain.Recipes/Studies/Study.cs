using System.Reflection;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Studies;

/// <summary>
/// Many jobs that differ in recipe, batch and seed only. A study is a YAML file:
/// <code>
/// summary: what is compared
/// silos: 2
/// servers: 1
/// base: {...}                                spec of every job
/// recipes:
///   - name: lars
///     spec: {...}                            laid over base
///     runs: [{batches: [1024, 4096], seeds: [1]}]
/// </code>
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is compared.</param>
/// <param name="Silos">Worker silos of each run.</param>
/// <param name="Servers">Parameter servers of each run.</param>
/// <param name="Cells">Every run, in order.</param>
public sealed record Study(string Name, string Summary, int Silos, int Servers, IReadOnlyList<StudyCell> Cells)
{
    private const string Folder = "Studies.";

    /// <summary>Names of the studies that come with the program.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(r => r.Contains(Folder, StringComparison.Ordinal))
            .Select(r => r[(r.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..^".yaml".Length])
            .Order(StringComparer.Ordinal)];

    /// <summary>Text of a study that comes with the program, or null.</summary>
    public static string? TextOf(string name)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var resource = assembly.GetManifestResourceNames().FirstOrDefault(r => r.EndsWith($"{Folder}{name}.yaml", StringComparison.Ordinal));
        if (resource is null)
            return null;
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a study.</summary>
    /// <param name="text">The file.</param>
    /// <param name="name">Its name, for problems and folders.</param>
    /// <param name="overrides">As behind <c>--set</c>; for every job.</param>
    /// <param name="problems">Every mistake; empty when the study is returned.</param>
    public static Study? Read(string text, string name, IReadOnlyList<string> overrides, out IReadOnlyList<JobProblem> problems)
    {
        var findings = new Findings();
        var document = DocumentReader.Read(text, new Origin(name, null, IsOverride: false), "", findings);
        var reader = new StudyReader(name, overrides, findings);
        var study = document is MapNode root ? reader.Read(root) : null;
        if (document is not null and not MapNode)
            findings.Add(document.Origin, "", "the file is no study: it has summary, base and recipes");
        problems = [.. findings.All(), .. reader.JobProblems];
        return problems.Count == 0 ? study : null;
    }
}

/// <param name="Name">recipe-batch-seed: its folder.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="Batch">Examples in a step.</param>
/// <param name="Seed">The job's seed.</param>
/// <param name="Job">The resolved job.</param>
public sealed record StudyCell(string Name, string Recipe, int Batch, int Seed, TrainingJob Job);

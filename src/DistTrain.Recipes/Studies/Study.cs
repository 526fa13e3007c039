using System.Reflection;
using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Studies;

/// <summary>
/// Many jobs that differ in recipe, batch and seed only. A study is a YAML file:
/// <code>
/// summary: what is compared
/// silos: 2
/// servers: 1
/// target: 0.97                               accuracy whose steps and epochs are told; may be left out
/// base: {...}                                spec of every job
/// diagnosis: {steps: 20, sharpness: 0.001}   what is looked for at the weights that a run ends with: a LandscapeProbe's spec; may be left out
/// recipes:
///   - name: lars
///     spec: {...}                            laid over base
///     forks: {recipe: base, batch: 64, step: 400}   its cells start from that checkpoint of the base's cell of their seed; may be left out
///     shows: time                            what its cells are for: accuracy, which may be left out, the time of an update, or landscape
///     runs: [{batches: [1024, 4096], seeds: [1], steps: 500}]      steps may be left out: the spec's; where the spec's batch grows, it grows to these
/// </code>
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is compared.</param>
/// <param name="Silos">Worker silos of each run.</param>
/// <param name="Servers">Parameter servers of each run.</param>
/// <param name="Target">Share of right answers from which on a run has arrived; null: nothing is told of that.</param>
/// <param name="Cells">Every run, in order.</param>
public sealed record Study(string Name, string Summary, int Silos, int Servers, double? Target, IReadOnlyList<StudyCell> Cells)
{
    /// <summary>What is looked for at the weights that a run ends with; null: nothing.</summary>
    public ProbeRecipe? Diagnosis { get; init; }

    /// <summary>The cells whose accuracy is compared.</summary>
    public IEnumerable<StudyCell> Compared => Cells.Where(c => c.Shows == StudyShows.Accuracy);

    /// <summary>The cells whose time is.</summary>
    public IEnumerable<StudyCell> Timed => Cells.Where(c => c.Shows == StudyShows.Time);

    /// <summary>The cells whose curvature or smoothness is told along the way.</summary>
    public IEnumerable<StudyCell> Looked => Cells.Where(c => c.Shows == StudyShows.Landscape);

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
/// <param name="Batch">Examples in a step; of a batch that changes, the most.</param>
/// <param name="Seed">The job's seed.</param>
/// <param name="Job">The resolved job.</param>
/// <param name="Shows">What it is for.</param>
/// <param name="Fork">Where it starts; null: from weights that its seed draws.</param>
public sealed record StudyCell(string Name, string Recipe, int Batch, int Seed, TrainingJob Job, StudyShows Shows, StudyFork? Fork = null);

/// <summary>A checkpoint of another cell, from which a cell starts. Its job has the path from the study's folder on.</summary>
/// <param name="Cell">Whose.</param>
/// <param name="Step">Of which step.</param>
public sealed record StudyFork(string Cell, long Step);

/// <summary>What a cell of a study is for.</summary>
public enum StudyShows
{
    /// <summary>How well its weights do.</summary>
    Accuracy,

    /// <summary>How long an update takes, and an epoch of them.</summary>
    Time,

    /// <summary>How the loss is curved along the way, or how smooth it is: what its <c>probe</c> tells.</summary>
    Landscape,
}

using System.Globalization;
using System.Reflection;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Reading;

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
        var root = DocumentReader.Read(text, new Origin(name, null, IsOverride: false), "", findings) as MapNode;
        var reader = new StudyReader(name, overrides, findings);
        var study = root is null ? null : reader.Read(root);
        problems = [.. findings.All(), .. reader.JobProblems];
        return problems.Count == 0 ? study : null;
    }

    private sealed class StudyReader(string name, IReadOnlyList<string> overrides, Findings findings)
    {
        public List<JobProblem> JobProblems { get; } = [];

        public Study? Read(MapNode root)
        {
            var summary = new TextRule("what is compared").Read(root.Find("summary") ?? root, "summary", findings) as string;
            var silos = Count(root, "silos", 2);
            var servers = Count(root, "servers", 1);
            var recipes = List(root, "recipes");
            var cells = recipes.OfType<MapNode>().SelectMany(r => CellsOf(r, root.Find("base") as MapNode)).ToList();
            return summary is null ? null : new Study(name, summary, silos, servers, cells);
        }

        private IEnumerable<StudyCell> CellsOf(MapNode recipe, MapNode? shared)
        {
            var recipeName = new TextRule("the recipe's name").Read(recipe.Find("name") ?? recipe, "recipes.name", findings) as string ?? "";
            foreach (var run in List(recipe, "runs").OfType<MapNode>())
            {
                foreach (var batch in Counts(run, "batches"))
                {
                    foreach (var seed in Counts(run, "seeds"))
                    {
                        var cell = $"{recipeName}-{batch.ToString(CultureInfo.InvariantCulture)}-s{seed.ToString(CultureInfo.InvariantCulture)}";
                        if (JobOf(cell, recipe, shared, batch, seed) is { } job)
                            yield return new StudyCell(cell, recipeName, batch, seed, job);
                    }
                }
            }
        }

        private TrainingJob? JobOf(string cell, MapNode recipe, MapNode? shared, int batch, int seed)
        {
            var origin = new Origin($"{name}, {cell}", null, IsOverride: false);
            var spec = new MapNode(origin);
            foreach (var layer in new[] { recipe.Find("spec") as MapNode, shared })
            {
                if (layer is not null)
                    Layering.Under(spec, layer, JobKeys.Spec.Path);
            }

            List<string> all =
            [
                $"metadata.name={cell}",
                $"batch={batch.ToString(CultureInfo.InvariantCulture)}",
                $"seed={seed.ToString(CultureInfo.InvariantCulture)}",
                .. overrides,
            ];
            var result = JobFile.ReadSpec(spec, origin.Source, all);
            JobProblems.AddRange(result.Problems);
            return result.Job;
        }

        private List<int> Counts(MapNode map, string key) =>
            [.. List(map, key).Select(item => new WholeRule(1, int.MaxValue).Read(item, key, findings)).OfType<long>().Select(n => (int)n)];

        private IReadOnlyList<Node> List(MapNode map, string key)
        {
            if (map.Find(key) is ListNode list)
                return list.Items;
            findings.Add(map.Origin, key, "is missing; give a list");
            return [];
        }

        private int Count(MapNode map, string key, int otherwise) =>
            map.Find(key) is { } node && new WholeRule(1, 64).Read(node, key, findings) is long count ? (int)count : otherwise;
    }
}

/// <param name="Name">recipe-batch-seed: its folder.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="Batch">Examples in a step.</param>
/// <param name="Seed">The job's seed.</param>
/// <param name="Job">The resolved job.</param>
public sealed record StudyCell(string Name, string Recipe, int Batch, int Seed, TrainingJob Job);

using System.Globalization;
using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Files;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Reading;

namespace DistTrain.Recipes.Studies;

/// <summary>Makes a study of a document. All mistakes are found at once; one that every cell of a recipe has is reported once.</summary>
/// <param name="name">The study's name.</param>
/// <param name="overrides">As behind <c>--set</c>; for every job.</param>
/// <param name="findings">Receives the study's own mistakes.</param>
internal sealed class StudyReader(string name, IReadOnlyList<string> overrides, Findings findings)
{
    private const string Batch = "batch";
    private const string Seed = "seed";
    private const string Steps = "steps";
    private const string Diagnosis = "diagnosis";
    private const string Forks = "forks";

    private static readonly NumberRule Share = new(new Option("target", OptionKind.Number, null, "accuracy") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 });
    private static readonly ChoiceRule Shows = new("what a cell is for", ["accuracy", "time", "landscape"]);

    private readonly List<JobProblem> _jobProblems = [];

    /// <summary>The mistakes of the cells' jobs, each once.</summary>
    public IReadOnlyList<JobProblem> JobProblems => [.. _jobProblems.Distinct()];

    public Study? Read(MapNode root)
    {
        CheckOverrides();
        Known(root, "", "summary", "silos", "servers", "target", "base", Diagnosis, "recipes");
        var summary = Value(root, "", "summary", new TextRule("what is compared")) as string;
        var silos = Count(root, "silos", 2);
        var servers = Count(root, "servers", 1);
        var target = root.Find("target") is { } node ? Share.Read(node, "target", findings) as double? : null;
        var asked = Asked(root);
        var shared = Spec(root, "", "base");
        var cells = Sections(root, "", "recipes").SelectMany(r => CellsOf(r.Section, r.Path, shared)).ToList();
        foreach (var twice in cells.GroupBy(c => c.Name).Where(same => same.Count() > 1))
            findings.Add(root.Origin, "recipes", "is there twice; the cells of a study differ in recipe, batch or seed", twice.Key);
        CheckForks(root, cells);
        return summary is null ? null : new Study(name, summary, silos, servers, target, cells) { Diagnosis = asked };
    }

    private ProbeRecipe? Asked(MapNode root)
    {
        if (root.Find(Diagnosis) is not { } node)
            return null;
        if (node is MapNode section)
            return ProbeReader.ReadAsked(section, Diagnosis, findings);
        findings.Add(node.Origin, Diagnosis, "is not a section; give keys of a LandscapeProbe's spec, e.g. {steps: 20, sharpness: 0.001}");
        return null;
    }

    private List<StudyCell> CellsOf(MapNode recipe, string path, MapNode? shared)
    {
        Known(recipe, path, "name", "spec", Forks, "shows", "runs");
        var recipeName = Value(recipe, path, "name", new JobNameRule()) as string;
        var shows = (recipe.Find("shows") is { } shown ? Shows.Read(shown, Join(path, "shows"), findings) : null) switch
        {
            "time" => StudyShows.Time,
            "landscape" => StudyShows.Landscape,
            _ => StudyShows.Accuracy,
        };
        var spec = Spec(recipe, path, "spec");
        var forks = Fork(recipe, path);
        var cells = new List<StudyCell>();
        foreach (var (run, runPath) in Sections(recipe, path, "runs"))
        {
            Known(run, runPath, "batches", "seeds", Steps);
            var steps = run.Find(Steps) is { } count ? new WholeRule(1, int.MaxValue).Read(count, Join(runPath, Steps), findings) as long? : null;
            var (batches, seeds) = (Counts(run, runPath, "batches"), Counts(run, runPath, "seeds"));
            foreach (var batch in batches)
            {
                foreach (var seed in seeds)
                {
                    var cell = CellName(recipeName, batch, seed);
                    var fork = forks is null ? null : new StudyFork(CellName(forks.Value.Recipe, forks.Value.Batch, seed), forks.Value.Step);
                    if (recipeName is not null && JobOf(cell, spec, shared, batch, seed, steps, fork) is { } job)
                        cells.Add(new StudyCell(cell, recipeName, batch, seed, job, shows, fork));
                }
            }
        }

        if (cells.Exists(c => c.Job.Spec.Dataset.Regression is not null))
            findings.Add(recipe.Origin, path, $"tells accuracies, and {TaskNames.Regression} has none; run such jobs by train", TaskNames.Regression);
        if (shows == StudyShows.Landscape && cells.Exists(c => c.Job.Spec.UpdateProbe is not ({ EverySteps: > 0 } and ({ IsCurvature: true } or { IsSmoothness: true }))))
            findings.Add(recipe.Entry("shows")!.Origin, Join(path, "shows"), "takes a curvature or a smoothness to show; give the spec probe: {everySteps: N, what: curvature} or {everySteps: N, what: smoothness}", "landscape");
        return cells;
    }

    /// <summary>Where the cells of a recipe start; null: nowhere, or it is not said as it should be.</summary>
    private (string Recipe, int Batch, long Step)? Fork(MapNode recipe, string path)
    {
        if (recipe.Find(Forks) is not { } node)
            return null;
        var own = Join(path, Forks);
        if (node is not MapNode fork)
        {
            findings.Add(node.Origin, own, "is not a section; give recipe, batch and step");
            return null;
        }

        Known(fork, own, "recipe", Batch, "step");
        var from = Value(fork, own, "recipe", new JobNameRule()) as string;
        var batch = Value(fork, own, Batch, new WholeRule(1, int.MaxValue)) as long?;
        var step = Value(fork, own, "step", new WholeRule(1, long.MaxValue)) as long?;
        return from is null || batch is null || step is null ? null : (from, (int)batch, step.Value);
    }

    /// <summary>Each fork starts from a cell before it that saves at that step.</summary>
    private void CheckForks(MapNode root, IReadOnlyList<StudyCell> cells)
    {
        foreach (var (index, cell) in cells.Index().Where(c => c.Item.Fork is not null))
        {
            var (from, every) = (cells.Take(index).FirstOrDefault(c => c.Name == cell.Fork!.Cell), 0);
            if (from is null)
                findings.Add(root.Origin, "recipes", $"starts from cell '{cell.Fork!.Cell}', and none before it is called so", cell.Name);
            else if ((every = from.Job.Spec.Checkpoint.EverySteps) == 0 || cell.Fork!.Step % every != 0)
                findings.Add(root.Origin, "recipes", $"starts from step {cell.Fork!.Step} of '{from.Name}', which saves {(every == 0 ? "only its last" : $"each {every}th")}; set its checkpoint.everySteps", cell.Name);
        }
    }

    private TrainingJob? JobOf(string cell, MapNode? own, MapNode? shared, int batch, int seed, long? steps, StudyFork? fork)
    {
        var origin = new Origin($"{name}, {cell}", null, IsOverride: false);
        var spec = new MapNode(origin);
        foreach (var layer in new[] { own, shared }.OfType<MapNode>())
            Layering.Under(spec, layer, JobKeys.Spec.Path);
        string[] length = steps is { } given ? [string.Create(CultureInfo.InvariantCulture, $"{Steps}={given}")] : [];
        string[] start = fork is null ? [] : [$"from.checkpoint={fork.Cell}/checkpoints/step-{fork.Step.ToString(CultureInfo.InvariantCulture)}"];
        var result = JobFile.ReadSpec(spec, origin.Source, [$"metadata.name={cell}", $"{PathOfBatch(spec)}={Text(batch)}", $"{Seed}={Text(seed)}", .. length, .. start, .. overrides]);
        _jobProblems.AddRange(result.Problems);
        return result.Job;
    }

    /// <summary>A run's batch is the job's, or the largest that a policy lets it become.</summary>
    private static string PathOfBatch(MapNode spec) => spec.Find(Batch) is MapNode { Entries: [var policy] } ? $"{Batch}.{policy.Key}.to" : Batch;

    /// <summary>What tells the cells apart is not to be set for all of them.</summary>
    private void CheckOverrides()
    {
        foreach (var text in overrides)
        {
            var path = text.Split('=')[0].Trim();
            var key = path.StartsWith("spec.", StringComparison.Ordinal) ? path["spec.".Length..] : path;
            if (key.Split('.')[0] is Batch or Seed or "metadata")
                findings.Add(Origin.OfOverride(text), path, "is what the study says of each cell; leave it out, or write a study of your own");
        }
    }

    /// <summary>A section of job keys; batch and seed come from the runs, a policy that changes the batch does not.</summary>
    private MapNode? Spec(MapNode map, string path, string key)
    {
        var node = map.Find(key);
        if (node is null)
            return null;
        if (node is not MapNode spec)
        {
            findings.Add(node.Origin, Join(path, key), "is not a section; give keys of a job's spec");
            return null;
        }

        foreach (var entry in spec.Entries.Where(e => e.Key is Seed || (e.Key is Batch && e.Value is not MapNode)))
            findings.Add(entry.Origin, $"{Join(path, key)}.{entry.Key}", "is what runs say: batches and seeds");
        return spec;
    }

    private IEnumerable<(MapNode Section, string Path)> Sections(MapNode map, string path, string key)
    {
        foreach (var (index, item) in List(map, path, key).Index())
        {
            var itemPath = $"{Join(path, key)}[{index}]";
            if (item is MapNode section)
                yield return (section, itemPath);
            else
                findings.Add(item.Origin, itemPath, "is not a section");
        }
    }

    private List<int> Counts(MapNode map, string path, string key) =>
        [.. List(map, path, key).Select((item, i) => new WholeRule(1, int.MaxValue).Read(item, $"{Join(path, key)}[{i}]", findings)).OfType<long>().Select(n => (int)n)];

    private IReadOnlyList<Node> List(MapNode map, string path, string key)
    {
        if (map.Find(key) is ListNode { Items.Count: > 0 } list)
            return list.Items;
        findings.Add(map.Entry(key)?.Origin ?? map.Origin, Join(path, key), map.Find(key) is null ? "is missing; give a list" : "is not a list of at least one; give one");
        return [];
    }

    private object? Value(MapNode map, string path, string key, ValueRule rule)
    {
        if (map.Find(key) is { } node)
            return rule.Read(node, Join(path, key), findings);
        findings.Add(map.Origin, Join(path, key), $"is missing; give {rule.Text}");
        return null;
    }

    private int Count(MapNode map, string key, int otherwise) =>
        map.Find(key) is { } node && new WholeRule(1, 64).Read(node, key, findings) is long count ? (int)count : otherwise;

    private void Known(MapNode map, string path, params string[] keys)
    {
        foreach (var entry in map.Entries.Where(e => !keys.Contains(e.Key)))
            findings.Add(entry.Origin, Join(path, entry.Key), $"is not a key here; use one of {string.Join(", ", keys)}", entry.Key, NearestName.Of(entry.Key, keys));
    }

    private static string CellName(string? recipe, int batch, int seed) => $"{recipe}-{Text(batch)}-s{Text(seed)}";

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

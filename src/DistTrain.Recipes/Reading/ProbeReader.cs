using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Makes a probe of a document; all problems show at once.</summary>
internal static class ProbeReader
{
    /// <summary>The document says that it is one.</summary>
    public static bool IsProbe(MapNode root) => root.Find(JobKeys.KindKey.Name) is ScalarNode { Text: ProbeKeys.Kind };

    /// <summary>A probe that knows the job that it looks at; null when the findings have a problem.</summary>
    public static TrainingJob? ReadResolved(MapNode root, Findings findings)
    {
        var probe = Read(root, findings);
        if (probe is { Job: null })
            findings.Add(root.Origin, ProbeKeys.Job.Path, "is missing; the cluster fills it in where a probe is submitted");
        return findings.Any || probe is not { Job: { } spec } read ? null : new TrainingJob(read.Name, spec with { Probe = read.Recipe });
    }

    /// <summary>What a section asks for that is a probe's spec but for the weights, which are known otherwise; null when it has a problem.</summary>
    /// <param name="section">The section.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="findings">Receives every problem.</param>
    public static ProbeRecipe? ReadAsked(MapNode section, string path, Findings findings)
    {
        var own = new Findings();
        foreach (var entry in section.Entries.Where(entry => entry.Key == ProbeKeys.Weights.Name || entry.Key == ProbeKeys.Job.Name))
            own.Add(entry.Origin, $"{JobKeys.Spec.Path}.{entry.Key}", "is known here: the weights that a run ends with are looked at; leave it out");
        var (root, spec, weights) = (JobDocument.Empty(section.Origin.Source), new MapNode(section.Origin), new MapNode(section.Origin));
        foreach (var entry in section.Entries.Where(entry => entry.Key != ProbeKeys.Weights.Name && entry.Key != ProbeKeys.Job.Name))
            spec.Set(entry.Key, entry.Origin, entry.Value);
        weights.Set(ProbeKeys.WeightsPath.Name, section.Origin, new ScalarNode(section.Origin, Here, isQuoted: true));
        spec.Set(ProbeKeys.Weights.Name, section.Origin, weights);
        root.Set(JobKeys.KindKey.Path, section.Origin, new ScalarNode(section.Origin, ProbeKeys.Kind, isQuoted: false));
        root.Set(JobKeys.Spec.Path, section.Origin, spec);
        var probe = Read(root, own);
        foreach (var problem in own.All())
            findings.Add(
                problem with
                {
                    Path = path + problem.Path[Math.Min(JobKeys.Spec.Path.Length, problem.Path.Length)..],
                    Rule = problem.Rule.Replace($"a key of {JobKeys.Spec.Path};", $"a key of {path};", StringComparison.Ordinal),
                },
                isOverride: false);
        return probe?.Recipe;
    }

    /// <summary>A probe; null when the findings have a problem.</summary>
    public static (string Name, TrainingSpec? Job, ProbeRecipe Recipe)? Read(MapNode root, Findings findings)
    {
        UnknownKeys.Check(root, "", [.. ProbeKeys.All.Where(key => key != ProbeKeys.Job), ProbeKeys.Job with { Rule = new OpaqueRule() }], findings);
        var keys = new KeyReader(root, findings);
        if (keys.Value(JobKeys.ApiVersionKey) is null && !keys.IsGiven(JobKeys.ApiVersionKey))
            findings.Add(root.Origin, JobKeys.ApiVersionKey.Path, $"is missing; write '{JobKeys.ApiVersionKey.Path}: {JobKeys.ApiVersion}'");
        var name = keys.IsGiven(ProbeKeys.Name) ? keys.Text(ProbeKeys.Name) : ProbeKeys.Name.DefaultText;
        var weights = Weights(keys, findings);
        var (top, steps) = (keys.Count(ProbeKeys.Top), keys.Count(ProbeKeys.Steps));
        if (top > steps)
            findings.Add(keys.OriginOf(ProbeKeys.Top.Path), ProbeKeys.Top.Path, $"so many eigenvalues need as many products; give at least steps: {top}", $"{top}");
        var read = (
            Data: keys.Text(ProbeKeys.Data),
            Examples: keys.Count(ProbeKeys.Examples),
            Mode: keys.Text(ProbeKeys.Mode),
            Precision: keys.Text(ProbeKeys.Precision),
            Directions: keys.Count(ProbeKeys.Directions),
            DirectionSteps: keys.Count(ProbeKeys.DirectionSteps),
            Seed: keys.Whole(ProbeKeys.Seed),
            GradientTolerance: keys.Number(ProbeKeys.GradientTolerance),
            CurvatureTolerance: keys.Number(ProbeKeys.CurvatureTolerance),
            Sharpness: keys.Number(ProbeKeys.Sharpness),
            Rho: keys.Number(ProbeKeys.Rho),
            Subspace: keys.Count(ProbeKeys.Subspace),
            Passes: keys.Count(ProbeKeys.Passes));
        var job = keys.At(ProbeKeys.Job.Path) is MapNode spec ? JobDocument.Read(JobDocument.Around(spec, root.Origin.Source), findings)?.Spec : null;
        if (findings.Any)
            return null;
        return (name!, job, new ProbeRecipe
        {
            Weights = weights!,
            Data = read.Data!,
            Examples = read.Examples,
            Mode = read.Mode!,
            Precision = read.Precision!,
            Top = top!.Value,
            Steps = steps!.Value,
            Directions = read.Directions!.Value,
            DirectionSteps = read.DirectionSteps!.Value,
            Seed = read.Seed!.Value,
            GradientTolerance = read.GradientTolerance!.Value,
            CurvatureTolerance = read.CurvatureTolerance!.Value,
            Sharpness = read.Sharpness!.Value,
            Rho = read.Rho!.Value,
            Subspace = read.Subspace!.Value,
            Passes = read.Passes!.Value,
        });
    }

    private const string Here = ".";

    private static ProbedWeights? Weights(KeyReader keys, Findings findings)
    {
        var (job, step, path) = (keys.Text(ProbeKeys.WeightsJob), keys.Whole(ProbeKeys.WeightsStep), keys.Text(ProbeKeys.WeightsPath));
        if (job is not null && !JobId.IsValid(job))
            Refuse(ProbeKeys.WeightsJob, "is not a job id: lower-case letters, digits and dashes, at most 63", job);
        if (keys.IsGiven(ProbeKeys.WeightsJob) && keys.IsGiven(ProbeKeys.WeightsPath))
            Refuse(ProbeKeys.WeightsPath, "the job says already which weights are looked at; keep one of the two");
        if (!keys.IsGiven(ProbeKeys.WeightsJob) && !keys.IsGiven(ProbeKeys.WeightsPath))
            Refuse(ProbeKeys.Weights, "is missing; write 'weights: {job: ID}', or {path: FOLDER}");
        if (!keys.IsGiven(ProbeKeys.WeightsJob) && keys.IsGiven(ProbeKeys.WeightsStep))
            Refuse(ProbeKeys.WeightsStep, "is of a job; leave it out, or name the job");
        return new ProbedWeights(job, step, path);

        void Refuse(JobKey key, string rule, string? value = null) => findings.Add(keys.OriginOf(key.Path), key.Path, rule, value);
    }

    /// <summary>A section whose keys are another reader's.</summary>
    private sealed class OpaqueRule : ValueRule
    {
        public override string Text => "a section";

        public override ValueSchema Schema => ValueSchema.Section;

        public override object? Read(Node node, string path, Findings findings) => node;
    }
}

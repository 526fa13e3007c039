using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The table of all keys of a probe's file. Adding a key is adding a row here and its reading in <c>ProbeReader</c>.</summary>
internal static class ProbeKeys
{
    public const string Kind = "LandscapeProbe";

    public static JobKey KindKey { get; } =
        new("kind", new ChoiceRule("a kind that this program reads", [Kind]), null, "what the file describes") { ValueIn = _ => Kind };

    public static JobKey Name { get; } = JobKeys.Name with { DefaultText = "probe" };

    public static JobKey Spec { get; } = JobKey.SectionOf("spec", "the probe itself: what it looks at, and what it is to find");

    public static JobKey Weights { get; } = JobKey.SectionOf("spec.weights", "which weights are looked at: those of a job, or of a path");

    public static JobKey WeightsJob { get; } = Optional("spec.weights.job", new TextRule("the id of a job"), "a job of the cluster", probe => probe.Weights.Job);

    public static JobKey WeightsStep { get; } =
        Optional("spec.weights.step", new WholeRule(0, long.MaxValue), "step of its checkpoint; the newest if absent", probe => probe.Weights.Step);

    public static JobKey WeightsPath { get; } = Optional(
        "spec.weights.path", new TextRule("a folder or file that the servers can read"), "a run's folder, a step-N folder in it, or a model.safetensors", probe => probe.Weights.Path);

    public static JobKey Data { get; } = Choice("data", "the set that the examples are of", probe => probe.Data, ProbeChoices.Train, ProbeChoices.Test);

    public static JobKey Examples { get; } = Optional(
        "spec.examples",
        new WholeRule(0, int.MaxValue),
        $"how many examples, those that an epoch of the seed begins with; 0: all; absent: {ProbeChoices.DefaultExamples}, or all where there are fewer",
        probe => probe.Examples);

    public static JobKey Mode { get; } =
        Choice("mode", "of norms and dropout; evaluation: running statistics, no dropout", probe => probe.Mode, ProbeChoices.Evaluation, ProbeChoices.Training);

    public static JobKey Precision { get; } =
        Choice("precision", "of gradients and products, from end to end", probe => probe.Precision, ProbeChoices.Float32, ProbeChoices.Float64);

    public static JobKey Top { get; } = Count("top", 1, 1, "eigenvalues at either end of the spectrum", probe => probe.Top);

    public static JobKey Steps { get; } = Count("steps", 1, 40, "most Hessian-vector products for the ends of the spectrum", probe => probe.Steps);

    public static JobKey Directions { get; } = Count("directions", 0, 5, "random directions for shares and trace; 0 leaves them out", probe => probe.Directions);

    public static JobKey DirectionSteps { get; } = Count("directionSteps", 1, 20, "products of each of them", probe => probe.DirectionSteps);

    public static JobKey Seed { get; } = Count("seed", 0, 1, "of random directions, and of which examples are taken", probe => probe.Seed);

    public static JobKey GradientTolerance { get; } = Tolerance("gradientTolerance", new CriticalPointTolerances().Gradient, "largest gradient norm of a critical point", probe => probe.GradientTolerance);

    public static JobKey CurvatureTolerance { get; } =
        Tolerance("curvatureTolerance", new CriticalPointTolerances().RelativeCurvature, "what counts as 0, as a share of the largest eigenvalue's amount", probe => probe.CurvatureTolerance);

    public static JobKey Sharpness { get; } = new(
        "spec.sharpness",
        new NumberRule(new Option("sharpness", OptionKind.Number, null, "ε") { Minimum = 0 }),
        0.0,
        "ε of the boxes in which the loss is looked for at its highest (1609.04836); 0: it is not")
    { ValueIn = job => job.Spec.Probe!.Sharpness is > 0 and var epsilon ? epsilon : null };

    public static JobKey Rho { get; } =
        InBoxes(Tolerance("rho", new SharpnessPlan().Rho, "side of the adaptive box, as a share of each weight's amount (2102.11600)", probe => probe.Rho), probe => probe.Rho);

    public static JobKey Subspace { get; } =
        InBoxes(Count("subspace", 0, new SharpnessPlan().Subspace, "dimensions of the random subspace that sharpness is looked for in as well; 0 leaves it out", _ => 0), probe => (long)probe.Subspace);

    public static JobKey Passes { get; } =
        InBoxes(Count("passes", 4, new SharpnessPlan().Passes, "gradient passes that each box gets", _ => 0), probe => (long)probe.Passes);

    /// <summary>The spec of the job that the weights are of.</summary>
    public static JobKey Job { get; } = JobKey.SectionOf("spec.job", "the job that the weights are of; the cluster fills it in");

    /// <summary>Every key in the order written.</summary>
    public static IReadOnlyList<JobKey> All { get; } =
    [
        JobKeys.ApiVersionKey, KindKey,
        JobKeys.Metadata, Name,
        Spec,
        Weights, WeightsJob, WeightsStep, WeightsPath,
        Data, Examples, Mode, Precision, Top, Steps, Directions, DirectionSteps, Seed, GradientTolerance, CurvatureTolerance,
        Sharpness, Rho, Subspace, Passes,
        Job,
    ];

    private static JobKey Optional(string path, ValueRule rule, string description, Func<ProbeRecipe, object?> value) =>
        new(path, rule, null, description) { DefaultText = "none", ValueIn = job => value(job.Spec.Probe!) };

    private static JobKey Choice(string name, string description, Func<ProbeRecipe, string> value, params string[] words) =>
        new($"spec.{name}", new ChoiceRule($"a {name} of a probe", words), words[0], description) { ValueIn = job => value(job.Spec.Probe!) };

    private static JobKey Count(string name, long minimum, long fallback, string description, Func<ProbeRecipe, long> value) =>
        new($"spec.{name}", new WholeRule(minimum, int.MaxValue), fallback, description) { ValueIn = job => value(job.Spec.Probe!) };

    /// <summary>Of boxes: a probe that looks into none is written without it, as it was before there were any.</summary>
    private static JobKey InBoxes(JobKey key, Func<ProbeRecipe, object> value) =>
        key with { IgnoredWhen = "sharpness is 0", ValueIn = job => job.Spec.Probe is { Sharpness: > 0 } probe ? value(probe) : null };

    private static JobKey Tolerance(string name, double fallback, string description, Func<ProbeRecipe, double> value)
    {
        var option = new Option(name, OptionKind.Number, fallback, description) { Minimum = 0, ExclusiveMinimum = true };
        return JobKey.Of("spec", option) with { ValueIn = job => value(job.Spec.Probe!) };
    }
}

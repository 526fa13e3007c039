using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Reading;

namespace DistTrain.Recipes.Files;

/// <summary>A probe as its user writes it: it need not say of which job the weights are.</summary>
/// <param name="Name"><c>metadata.name</c>.</param>
/// <param name="Job">The spec of the job that the weights are of; null: it does not say.</param>
/// <param name="Recipe">Everything else.</param>
public sealed record ProbeFile(string Name, TrainingSpec? Job, ProbeRecipe Recipe)
{
    /// <summary>True for a document of kind LandscapeProbe, whatever else is wrong with it.</summary>
    public static bool Is(string yaml) =>
        DocumentReader.Read(yaml, new Origin("", null, IsOverride: false), "", new Findings()) is MapNode root && ProbeReader.IsProbe(root);

    /// <summary>Reads one.</summary>
    /// <param name="yaml">Text of the file.</param>
    /// <param name="source">Name of the file as the user knows it.</param>
    /// <param name="overrides"><c>path=value</c>, as of a job file.</param>
    /// <returns>The probe, or every problem in it.</returns>
    public static (ProbeFile? Probe, IReadOnlyList<JobProblem> Problems) Read(string yaml, string source, IReadOnlyList<string> overrides)
    {
        var findings = new Findings();
        var applied = overrides.Select(text => Override.Parse(text, findings)).OfType<Override>().ToList();
        if (DocumentReader.Read(yaml, new Origin(source, null, IsOverride: false), "", findings) is not MapNode root)
            return (null, findings.All());
        foreach (var change in applied)
            change.ApplyTo(root, findings);
        var probe = ProbeReader.Read(root, findings) is { } read ? new ProbeFile(read.Name, read.Job, read.Recipe) : null;
        return (probe, findings.All());
    }

    /// <summary>
    /// The probe as a job of the cluster. Of the job that it looks at is kept what decides a gradient: what trains it takes no part. Each product's
    /// direction is a version of the probe's, and each is kept: together they are what it goes on from.
    /// </summary>
    /// <param name="looked">The spec of the job that the weights are of.</param>
    /// <param name="weights">Which weights they are, step and all.</param>
    public TrainingJob Of(TrainingSpec looked, ProbedWeights weights)
    {
        var plain = JobFile.Read(null, Name, []).Job!.Spec;
        return new TrainingJob(Name, looked with
        {
            Recipe = null,
            From = null,
            Device = DeviceKinds.Cpu,
            BatchPlan = new BatchRecipe(Math.Max(plain.Batch, looked.Workers), null),
            Epochs = plain.Epochs,
            Steps = null,
            TrainAccuracy = null,
            Optimizer = plain.Optimizer,
            Freeze = [],
            Rates = [],
            Schedule = plain.Schedule,
            Averaging = plain.Averaging,
            Scaling = plain.Scaling,
            Numerics = plain.Numerics,
            Evaluation = plain.Evaluation,
            UpdateProbe = plain.UpdateProbe,
            Checkpoint = new CheckpointRecipe(EverySteps: 1, MostKept),
            Probe = Recipe with { Weights = weights },
        });
    }

    private const int MostKept = 1_000_000;

    /// <summary>The probe as a file of its own, for a cluster that fills in the rest.</summary>
    public string Write()
    {
        var plain = JobFile.Read(null, Name, []).Job!.Spec;
        var text = JobFile.Write(new TrainingJob(Name, (Job ?? plain) with { Probe = Recipe }));
        return Job is null ? text[..text.IndexOf("  job:\n", StringComparison.Ordinal)] : text;
    }
}

using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Reading;
using DistTrain.Recipes.Writing;

namespace DistTrain.Recipes.Files;

/// <summary>
/// Jobs as YAML. Reading resolves: what the job leaves out takes its documented default (<see cref="JobFileReference"/>), so
/// that <see cref="Write"/> gives a file that says everything.
/// </summary>
public static class JobFile
{
    /// <summary>Reads a job file and the overrides on it. Bad input is a result, never an exception.</summary>
    /// <param name="yaml">Text of the file, at most 256 KiB; null when there is none: then the defaults.</param>
    /// <param name="source">Name of the file as the user knows it; each problem begins with it.</param>
    /// <param name="overrides">
    /// <c>path=value</c>, as behind <c>--set</c>; the value is YAML, paths may leave out <c>spec.</c>, later ones win. One that
    /// sets steps drops the epochs of the file, and the other way round.
    /// </param>
    public static JobFileResult Read(string? yaml, string source, IReadOnlyList<string> overrides)
    {
        var findings = new Findings();
        var root = yaml is null ? JobDocument.Empty(source) : Root(yaml, source, findings);
        return Resolve(root, overrides, findings);
    }

    /// <summary>Reads a spec that is a document already, with overrides on it.</summary>
    internal static JobFileResult ReadSpec(MapNode spec, string source, IReadOnlyList<string> overrides)
    {
        var findings = new Findings();
        return Resolve(JobDocument.Around(spec, source), overrides, findings);
    }

    /// <summary>
    /// The job as a file in canonical form: every value and option spelled out, in the order of the table of keys. Equal jobs
    /// give equal texts, and reading the text gives the job.
    /// </summary>
    public static string Write(TrainingJob job) => JobWriter.Write(job);

    /// <summary>What keeps a job from going on as another one: each key that decides the bits and differs, in order of the first job's file.</summary>
    public static IReadOnlyList<JobDifference> Differences(TrainingJob before, TrainingJob now) => JobDifference.Between(before, now);

    /// <summary>The values of <see cref="Write"/>, each by its dotted path, e.g. <c>spec.optimizer.lr</c>, as they stand in the file.</summary>
    public static IReadOnlyDictionary<string, string> Values(TrainingJob job) => JobDifference.Values(job);

    private static JobFileResult Resolve(MapNode? root, IReadOnlyList<string> overrides, Findings findings)
    {
        // The overrides' own mistakes are shown also where the file's leave nothing to apply them to.
        var applied = overrides.Select(text => Override.Parse(text, findings)).OfType<Override>().ToList();
        if (root is null)
            return new JobFileResult(null, findings.All()) { Warnings = findings.Warnings };

        foreach (var change in applied)
            change.ApplyTo(root, findings);
        var job = ProbeReader.IsProbe(root) ? ProbeReader.ReadResolved(root, findings) : JobDocument.Read(root, findings);
        return new JobFileResult(job, findings.All()) { Warnings = findings.Warnings };
    }

    private static MapNode? Root(string yaml, string source, Findings findings)
    {
        var origin = new Origin(source, null, IsOverride: false);
        switch (DocumentReader.Read(yaml, origin, "", findings))
        {
            case MapNode root:
                return root;
            case { } other:
                var found = other.IsNull ? "the file is empty" : "the file is no job file";
                findings.Add(other.Origin, "", $"{found}: it begins with 'apiVersion: {JobKeys.ApiVersion}' and 'kind: {JobKeys.Kind}'");
                return null;
            default:
                return null;
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol.Formats;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>What a job starts from, read as far as it takes it over.</summary>
/// <param name="Problems">Why it can't, each with the key that it is about, for the user; empty: it can.</param>
/// <param name="Sha256">Of all that is taken over, whoever saved it in whatever parts; null where it could not be read.</param>
/// <param name="Version">The partition's run of it, and the job's first step; null where there is a problem.</param>
internal sealed record JobStart(IReadOnlyList<string> Problems, string? Sha256, RestoredVersion? Version)
{
    private const int MostTensors = 8;

    /// <summary>Reads it for a partition. In a run's folder that is the newest checkpoint, or the one that the job has begun with.</summary>
    /// <param name="plan">Of a job with a <c>from</c>.</param>
    /// <param name="dataRoot">The folder that its path may not lead out of; null: there is none.</param>
    public static JobStart Of(PartitionPlan plan, string? dataRoot)
    {
        var from = plan.Job.Spec.From!;
        if (DataRoot.Resolve(dataRoot, from.Checkpoint) is not { } path)
            return Refused(from, $"'{from.Checkpoint}' leads out of {System.IO.Path.GetFullPath(dataRoot!)}, where this cluster has its data; name something in there, relative to it");
        try
        {
            return Of(plan, from, StartSource.Of(plan, path), path);
        }
        catch (Exception e) when (e is CheckpointException or SafeTensorsException or UnknownFormatException or IOException or UnauthorizedAccessException)
        {
            return Refused(from, e.Message);
        }
    }

    private static JobStart Of(PartitionPlan plan, StartRecipe from, IEnumerable<StartSource> sources, string path)
    {
        JobStart? newest = null;
        foreach (var source in sources)
        {
            using (source)
            {
                var start = Of(plan, source);
                if (from.Sha256 is null || from.Sha256 == start.Sha256)
                    return start;
                newest ??= start;
            }
        }

        return newest!.Sha256 is null ? newest : new JobStart(
            [.. newest.Problems, $"spec.from.sha256: '{from.Sha256}' is what the job starts from, and {path} has {newest.Sha256} now; bring back what was there, or submit a new job"],
            newest.Sha256,
            null);
    }

    private static JobStart Of(PartitionPlan plan, StartSource source)
    {
        var (from, course) = (plan.Job.Spec.From!, plan.Course);
        List<string> problems = [.. StartRules.Problems(plan, source)];
        if (source.Differences(plan.Layout) is { Count: > 0 } tensors)
        {
            problems.Insert(0, $"{from.Key}: {source.Path} is of another model than the job's for its data; {Some(tensors, "; ")}; {Cure(plan.Job.Spec)}");
            if (source.NotFinite(plan.Layout) is { Count: > 0 } wrong)
                problems.Insert(1, WeightsNotFinite(from, source, Some(wrong, ", ")));
            return new JobStart(problems, null, null);
        }

        var slots = from.KeepsSlots ? Math.Min(plan.Rule.Optimizer.Slots, source.Saved?.Slots ?? 0) : 0;
        var hashes = new List<string>();
        var runs = new List<float[]>();
        for (var vector = 0; vector <= slots; vector++)
        {
            // One after the other: each is as long as the whole model.
            var whole = source.Read(plan.Layout, vector);
            hashes.Add(WeightsHash.Compute(plan.Layout, whole));
            runs.Add(whole[plan.Offset..(plan.Offset + plan.Length)]);
            if (NotFinite(plan.Layout, whole) is { Count: > 0 } wrong)
                problems.Add(vector == 0 ? WeightsNotFinite(from, source, Some(wrong, ", ")) : $"spec.from.slots: {source.Path} has slots that are not finite: {Some(wrong, ", ")}; give a checkpoint from before they were");
        }

        var first = problems.Count > 0 ? null : source.Saved is { } saved ? course.First(saved.Open, from.KeepsSlots, from.KeepsPosition) : course.First();
        return new JobStart(problems, Digest(from, hashes, source.Saved), first is null ? null : new RestoredVersion(first, runs));
    }

    /// <summary>Of weights alone, their hash; else over what each vector's is, and the step where slots and position are from.</summary>
    private static string Digest(StartRecipe from, IReadOnlyList<string> vectors, SavedCourse? saved)
    {
        if (saved is null || !(from.KeepsSlots || from.KeepsPosition))
            return vectors[0];
        var text = string.Join('\n', [.. vectors, saved.OpenStep]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static List<string> NotFinite(ParameterLayout layout, float[] vector)
    {
        List<string> wrong = [];
        foreach (var segment in layout.Segments)
        {
            var count = 0;
            foreach (var value in vector.AsSpan(segment.Offset, segment.Length))
                count += float.IsFinite(value) ? 0 : 1;
            if (count > 0)
                wrong.Add($"{count} in {segment.Name}");
        }

        return wrong;
    }

    private static string WeightsNotFinite(StartRecipe from, StartSource source, string wrong) =>
        $"{from.Key}: {source.Path} has weights that are not finite: {wrong}; give a checkpoint from before they were";

    /// <summary>The first ones, and how many there are beside them.</summary>
    private static string Some(IReadOnlyList<string> all, string separator) =>
        string.Join(separator, all.Take(MostTensors)) + (all.Count > MostTensors ? $"; and {all.Count - MostTensors} more" : string.Empty);

    /// <summary>A file that is the right one often has other names.</summary>
    private static string Cure(TrainingSpec spec) => spec.From switch
    {
        { Names.Convention: { } convention } => $"give weights of the same model, {spec.Model.Name}{(spec.Model.Size is null ? $" with norm {spec.Model.Norm}" : string.Empty)}, under the names of {convention} (docs/weights.md)",
        { IsFile: true, Names.IsNone: true } => "give weights of the same model, or say in spec.from.names what the file calls them",
        _ => "give weights of the same model",
    };

    private static JobStart Refused(StartRecipe from, string reason) => new([$"{from.Key}: {reason}"], null, null);
}

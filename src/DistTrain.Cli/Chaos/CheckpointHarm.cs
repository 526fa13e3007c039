using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.Cli.Chaos;

/// <summary>The checkpoints in a run's folder, and what a crash can leave of them.</summary>
internal static class CheckpointHarm
{
    /// <summary>Steps of the checkpoints that have a manifest, newest first.</summary>
    public static IReadOnlyList<long> Sealed(string run) =>
        [.. StepFolders.Steps(run).Where(step => File.Exists(Path.Combine(StepFolders.Of(run, step), CheckpointManifest.FileName))).OrderDescending()];

    /// <summary>Steps of those that can be read back, newest first.</summary>
    public static IReadOnlyList<long> Usable(string run) => [.. Sealed(run).Where(step => ProblemOf(run, step) is null)];

    /// <summary>What is wrong with a checkpoint; null when all of it is as its manifest says.</summary>
    public static string? ProblemOf(string run, long step)
    {
        try
        {
            var (folder, manifest) = CheckpointReader.Find(StepFolders.Of(run, step));
            CheckpointReader.ReadVector(folder, manifest);
            return manifest.Step == step ? null : $"{folder}: its manifest is of step {manifest.Step}";
        }
        catch (Exception e) when (e is CheckpointException or IOException)
        {
            return e.Message;
        }
    }

    /// <summary>Harms the newest checkpoint.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="harm">How.</param>
    /// <param name="place">Where in the part, and in which, 0..1.</param>
    /// <returns>What was done.</returns>
    public static string Do(string run, Harm harm, double place)
    {
        var step = Sealed(run)[0];
        var folder = StepFolders.Of(run, step);
        if (harm == Harm.NoManifest)
        {
            File.Delete(Path.Combine(folder, CheckpointManifest.FileName));
            return $"{StepFolders.NameOf(step)}/{CheckpointManifest.FileName} deleted";
        }

        var (_, manifest) = CheckpointReader.Find(folder);
        var part = manifest.Parts.Where(p => p.Bytes > 0).ElementAt((int)(place * manifest.Parts.Count(p => p.Bytes > 0)));
        using var file = new FileStream(Path.Combine(folder, part.File), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var at = (long)(place * file.Length);
        if (harm == Harm.Torn)
        {
            file.SetLength(at);
            return $"{StepFolders.NameOf(step)}/{part.File} cut to {at} bytes";
        }

        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x10));
        return $"{StepFolders.NameOf(step)}/{part.File}: a bit of byte {at} flipped";
    }
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>
/// A job's folder as a server writes it: <c>checkpoints/step-N/server-K.bin</c> for its parts, and, once all servers' parts are there,
/// <c>manifest.json</c>, which is what makes a checkpoint exist. Files appear whole: written under another name, flushed, renamed.
/// </summary>
internal sealed class CheckpointFolder(string jobFolder)
{
    public string Path { get; } = jobFolder;

    private string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>Writes this server's part of a snapshot.</summary>
    public CheckpointPart WritePart(Snapshot snapshot, PartitionPlan plan)
    {
        var folder = Directory.CreateDirectory(StepFolder(snapshot.Step.Version)).FullName;
        var name = $"server-{plan.Server}.bin";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        AtomicFile.Write(System.IO.Path.Combine(folder, name), stream =>
        {
            foreach (var vector in snapshot.Vectors)
            {
                var data = MemoryMarshal.AsBytes(vector.Span);
                hash.AppendData(data);
                bytes += data.Length;
                stream.Write(data);
            }
        });
        return new CheckpointPart
        {
            Step = snapshot.Step.Version,
            File = name,
            Server = plan.Server,
            FirstElement = plan.Offset,
            Elements = plan.Length,
            Slots = plan.SavedSlots,
            Bytes = bytes,
            Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
            Position = snapshot.Step.Position.ToMessage(),
            OpenStep = OpenStepJson.Write(snapshot.Step),
        };
    }

    /// <summary>What a partition starts from at a sealed checkpoint, verified. Other servers may have written it, in other runs of buckets.</summary>
    /// <exception cref="CheckpointException">It is not there, altered, or of another job.</exception>
    public RestoredVersion Read(long step, PartitionPlan plan)
    {
        var (folder, manifest) = CheckpointReader.Find(StepFolder(step));
        foreach (var (what, expected, found) in new[]
        {
            ("job", plan.JobId, manifest.JobId),
            ("job file", JobFile.Write(plan.Job), manifest.JobFile),
            ("parameter layout", LayoutJson.Write(plan.Layout), manifest.Layout),
            ("data", plan.DataFingerprint, manifest.DataFingerprint),
            ("step", $"{step}", $"{manifest.Step}"),
        })
        {
            if (expected != found)
                throw new CheckpointException($"{folder}: its {what} is not that of job '{plan.JobId}' at step {step}");
        }

        try
        {
            return new RestoredVersion(OpenStepJson.Read(manifest.OpenStep), CheckpointReader.ReadRun(folder, manifest, plan.Offset, plan.Length, plan.SavedSlots));
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{System.IO.Path.Combine(folder, CheckpointManifest.FileName)}: openStep: {e.Message}", e);
        }
    }

    /// <summary>Writes the manifest of a checkpoint whose parts all exist; servers that share the folder all write it, with the same contents.</summary>
    public void WriteManifest(CheckpointManifest manifest, int server) =>
        AtomicFile.Write(
            System.IO.Path.Combine(Directory.CreateDirectory(StepFolder(manifest.Step)).FullName, CheckpointManifest.FileName),
            stream => stream.Write(manifest.ToJson()),
            writer: $".server-{server}");

    /// <summary>Deletes the checkpoints older than the newest of <paramref name="keep"/> that are not among them.</summary>
    public void Prune(IReadOnlyCollection<long> keep)
    {
        var newest = keep.Max();
        var old = Directory.EnumerateDirectories(Checkpoints, "step-*")
            .Select(d => long.TryParse(System.IO.Path.GetFileName(d)["step-".Length..], out var step) ? step : long.MaxValue)
            .Where(step => step < newest && !keep.Contains(step))
            .ToList();
        foreach (var step in old)
        {
            try
            {
                Directory.Delete(StepFolder(step), recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Servers of one machine share the folder; another was first.
            }
        }
    }

    private string StepFolder(long step) => System.IO.Path.Combine(Checkpoints, $"step-{step}");
}

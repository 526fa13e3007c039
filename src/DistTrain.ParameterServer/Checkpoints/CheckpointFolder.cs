using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Formats;
using DistTrain.Recipes.Files;
using DistTrain.Training.Steps;
using Google.Protobuf;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>
/// A job's folder as a server writes it: <c>checkpoints/step-N/server-K.bin</c> for its parts, with <c>server-K.json</c> that describes it until,
/// all servers' parts being there, <c>manifest.json</c> describes them all. Files appear whole: written under another name, flushed, renamed.
/// A description appears after what it describes and is gone from the disk before it, so that nothing looks whole that is not.
/// </summary>
/// <param name="jobFolder">The job's folder.</param>
/// <param name="disk">What changes it.</param>
internal sealed class CheckpointFolder(string jobFolder, Disk disk)
{
    private static readonly FileFormat PartFormat = new("the description of a checkpoint's part", Version: 1);

    public string Path { get; } = jobFolder;

    /// <summary>Writes this server's part of a snapshot.</summary>
    public CheckpointPart WritePart(Snapshot snapshot, PartitionPlan plan)
    {
        var folder = EnsureStepFolder(snapshot.Step.Version);
        var name = $"server-{plan.Server}.bin";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        AtomicFile.Write(disk, System.IO.Path.Combine(folder, name), stream =>
        {
            foreach (var vector in snapshot.Vectors)
            {
                var data = MemoryMarshal.AsBytes(vector.Span);
                hash.AppendData(data);
                bytes += data.Length;
                stream.Write(data);
            }
        });
        var part = new CheckpointPart
        {
            Step = snapshot.Step.Version,
            Generation = plan.Generation,
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
        var description = PartFormat.Stamp(JsonNode.Parse(JsonFormatter.Default.Format(part))!).ToJsonString();
        AtomicFile.Write(disk, DescriptionOf(part.Step, plan.Server), stream => stream.Write(Encoding.UTF8.GetBytes(description)));
        return part;
    }

    /// <summary>
    /// The checkpoints of which something is on this server's disk, by step (sealed, or parts of any server that are not sealed yet), and what
    /// the job was.
    /// </summary>
    /// <exception cref="UnknownFormatException">
    /// One was written in a format that this program does not read: then it is not for this program to go on from an older one.
    /// </exception>
    public StoredCheckpoints Stored()
    {
        var all = new StoredCheckpoints();
        foreach (var step in StepFolders.Steps(Path).Order())
        {
            var manifest = ReadOrNull(ManifestOf(step), json => CheckpointManifest.FromJson(json, ManifestOf(step)));
            if (manifest is not null && ReadOrNull(ManifestOf(step), _ => LayoutJson.Read(manifest.Layout).Hash) is { } layout)
                (all.JobFile, all.DataFingerprint, all.LayoutHash) = (manifest.JobFile, manifest.DataFingerprint, layout);
            var stored = new StoredCheckpoint { Step = step, Sealed = File.Exists(ManifestOf(step)) };
            // The manifest describes also what lies in other servers' folders; whether it is there, only they know.
            stored.Parts.AddRange((manifest?.Described() ?? []).Concat(DescribedByThemselves(step)).Where(part => HasFileOf(step, part)));
            all.Checkpoints.Add(stored);
        }

        return all;
    }

    /// <summary>
    /// What this server has written of steps after <paramref name="step"/> counts no more, also after a power cut: the job went on from there
    /// without it. Only what is its own: in a folder that servers share, another may have gone further already. A checkpoint of which this
    /// server's part is not described is none, whatever the others still have of it.
    /// </summary>
    public void ForgetAfter(long step, int server)
    {
        foreach (var later in StepFolders.Steps(Path).Where(s => s > step))
        {
            disk.Delete(ManifestOf(later));
            disk.Delete(DescriptionOf(later, server));
            disk.FlushFolder(StepFolder(later));
        }
    }

    /// <summary>What a partition starts from at a sealed checkpoint, verified. Other servers may have written it, in other runs of buckets.</summary>
    /// <exception cref="CheckpointException">It is not there, altered, or of another job.</exception>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public RestoredVersion Read(long step, PartitionPlan plan)
    {
        var (folder, manifest) = CheckpointReader.Find(StepFolder(step));
        foreach (var (what, expected, found) in new[]
        {
            ("job", plan.JobId, manifest.JobId),
            ("parameter layout", LayoutJson.Write(plan.Layout), manifest.Layout),
            ("data", plan.DataFingerprint, manifest.DataFingerprint),
            ("step", $"{step}", $"{manifest.Step}"),
        })
        {
            if (expected != found)
                throw new CheckpointException($"{folder}: its {what} is not that of job '{plan.JobId}' at step {step}");
        }

        var saved = JobFile.Read(manifest.JobFile, manifest.JobId, []).Job;
        if (saved is null || JobFile.Differences(saved, plan.Job).Count > 0)
            throw new CheckpointException($"{folder}: its job file is not that of job '{plan.JobId}'");
        var path = System.IO.Path.Combine(folder, CheckpointManifest.FileName);
        try
        {
            return new RestoredVersion(
                OpenStepJson.Read(manifest.OpenStep, $"{path}: openStep"),
                CheckpointReader.ReadRun(folder, manifest.Parts, plan.Offset, plan.Length, plan.SavedSlots, plan.Width));
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{path}: openStep: {e.Message}", e);
        }
    }

    /// <summary>This server's run of a version that need not be sealed: of a probe, whose versions are all kept.</summary>
    /// <exception cref="CheckpointException">It is not there, or altered.</exception>
    public float[] ReadVersion(long step, PartitionPlan plan)
    {
        var manifest = ReadOrNull(ManifestOf(step), json => CheckpointManifest.FromJson(json, ManifestOf(step)));
        var parts = manifest?.Parts ?? DescribedByThemselves(step).Select(ManifestPart.Of);
        return CheckpointReader.ReadRun(StepFolder(step), parts, plan.Offset, plan.Length, plan.SavedSlots, plan.Width)[0];
    }

    /// <summary>What a job goes on from is safe from a power cut from here on, also where who sealed it was killed before it was.</summary>
    public void Secure(long step) => disk.FlushFolder(EnsureStepFolder(step));

    /// <summary>Writes the manifest of a checkpoint whose parts all exist; servers that share the folder all write it, with the same contents.</summary>
    public void WriteManifest(CheckpointManifest manifest, int server)
    {
        EnsureStepFolder(manifest.Step);
        AtomicFile.Write(disk, ManifestOf(manifest.Step), stream => stream.Write(manifest.ToJson()), writer: $".server-{server}");
        disk.Delete(DescriptionOf(manifest.Step, server));
    }

    /// <summary>Deletes the checkpoints older than the newest of <paramref name="keep"/> that are not among them.</summary>
    public void Prune(IReadOnlyCollection<long> keep)
    {
        var newest = keep.Max();
        foreach (var step in StepFolders.Steps(Path).Where(step => step < newest && !keep.Contains(step)))
        {
            try
            {
                DeleteAll(step, "*.json");
                disk.FlushFolder(StepFolder(step));
                DeleteAll(step, "*");
                disk.DeleteFolder(StepFolder(step));
            }
            catch (DirectoryNotFoundException)
            {
                // Servers of one machine share the folder; another was first.
            }
        }
    }

    /// <summary>Null where there is none, or not what it should be: such a part does not count, and a checkpoint that is opened is verified anyway.</summary>
    private static T? ReadOrNull<T>(string path, Func<byte[], T> read)
        where T : class
    {
        try
        {
            return File.Exists(path) ? read(File.ReadAllBytes(path)) : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or JsonException or FormatException or IOException)
        {
            return null;
        }
    }

    private static CheckpointPart DescriptionIn(byte[] json, string file) =>
        JsonParser.Default.Parse<CheckpointPart>(PartFormat.Open(Encoding.UTF8.GetString(json), file).ToJsonString());

    private List<CheckpointPart> DescribedByThemselves(long step)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(StepFolder(step), "server-*.json")
                    .Select(file => ReadOrNull(file, json => DescriptionIn(json, file))).OfType<CheckpointPart>(),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            // Servers of one machine share the folder; another has just deleted it.
            return [];
        }
    }

    private bool HasFileOf(long step, CheckpointPart part) =>
        new FileInfo(System.IO.Path.Combine(StepFolder(step), System.IO.Path.GetFileName(part.File))) is { Exists: true } file && file.Length == part.Bytes;

    private void DeleteAll(long step, string pattern)
    {
        foreach (var file in Directory.GetFiles(StepFolder(step), pattern))
            disk.Delete(file);
    }

    private string DescriptionOf(long step, int server) => System.IO.Path.Combine(StepFolder(step), $"server-{server}.json");

    private string ManifestOf(long step) => System.IO.Path.Combine(StepFolder(step), CheckpointManifest.FileName);

    private string EnsureStepFolder(long step)
    {
        disk.EnsureFolder(StepFolder(step));
        return StepFolder(step);
    }

    private string StepFolder(long step) => StepFolders.Of(Path, step);
}

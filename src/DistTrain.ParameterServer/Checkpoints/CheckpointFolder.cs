using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
using DistTrain.Recipes;
using Google.Protobuf;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>
/// A job's folder as a server writes it: <c>checkpoints/step-N/server-K.bin</c> for its parts, with <c>server-K.json</c> that describes it until,
/// all servers' parts being there, <c>manifest.json</c> describes them all. Files appear whole: written under another name, flushed, renamed.
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
        AtomicFile.Write(DescriptionOf(part.Step, plan.Server), stream => stream.Write(Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(part))));
        return part;
    }

    /// <summary>
    /// The checkpoints of which something is on this server's disk, by step (sealed, or parts of any server that are not sealed yet), and what
    /// the job was.
    /// </summary>
    public StoredCheckpoints Stored()
    {
        var all = new StoredCheckpoints();
        foreach (var step in Steps().Order())
        {
            var path = System.IO.Path.Combine(StepFolder(step), CheckpointManifest.FileName);
            var stored = new StoredCheckpoint { Step = step, Sealed = File.Exists(path) };
            if (ReadOrNull(path, json => CheckpointManifest.FromJson(json)) is { } manifest)
            {
                stored.Parts.AddRange(manifest.Described());
                (all.JobFile, all.DataFingerprint) = (manifest.JobFile, manifest.DataFingerprint);
                all.LayoutHash = LayoutJson.Read(manifest.Layout).Hash;
            }

            foreach (var description in Directory.EnumerateFiles(StepFolder(step), "server-*.json"))
                stored.Parts.AddRange(ReadOrNull<IEnumerable<CheckpointPart>>(description, json => [JsonParser.Default.Parse<CheckpointPart>(Encoding.UTF8.GetString(json))]) ?? []);
            all.Checkpoints.Add(stored);
        }

        return all;
    }

    /// <summary>
    /// What this server has written of steps after <paramref name="step"/> counts no more: the job went on from there without it. Only what is
    /// its own: in a folder that servers share, another may have gone further already.
    /// </summary>
    public void ForgetAfter(long step, int server)
    {
        foreach (var later in Steps().Where(s => s > step))
        {
            File.Delete(System.IO.Path.Combine(StepFolder(later), CheckpointManifest.FileName));
            File.Delete(DescriptionOf(later, server));
        }
    }

    /// <summary>What a partition starts from at a sealed checkpoint, verified. Other servers may have written it, in other runs of buckets.</summary>
    /// <exception cref="CheckpointException">It is not there, altered, or of another job.</exception>
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
    public void WriteManifest(CheckpointManifest manifest, int server)
    {
        AtomicFile.Write(
            System.IO.Path.Combine(Directory.CreateDirectory(StepFolder(manifest.Step)).FullName, CheckpointManifest.FileName),
            stream => stream.Write(manifest.ToJson()),
            writer: $".server-{server}");
        File.Delete(DescriptionOf(manifest.Step, server));
    }

    /// <summary>Deletes the checkpoints older than the newest of <paramref name="keep"/> that are not among them.</summary>
    public void Prune(IReadOnlyCollection<long> keep)
    {
        var newest = keep.Max();
        foreach (var step in Steps().Where(step => step < newest && !keep.Contains(step)))
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

    private List<long> Steps() => !Directory.Exists(Checkpoints)
        ? []
        : [.. Directory.EnumerateDirectories(Checkpoints, "step-*")
            .Select(d => long.TryParse(System.IO.Path.GetFileName(d)["step-".Length..], CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0)];

    private string DescriptionOf(long step, int server) => System.IO.Path.Combine(StepFolder(step), $"server-{server}.json");

    private string StepFolder(long step) => System.IO.Path.Combine(Checkpoints, $"step-{step}");
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.ParameterServer.Files;
using DistTrain.Protocol.Formats;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>
/// Which job a folder belongs to: <c>owner.json</c>, written before anything else of the job. Two jobs in one folder would take each other's
/// checkpoints and history for their own, also where both have the same job file.
/// </summary>
public static class FolderOwner
{
    public const string FileName = "owner.json";

    private const string Job = "job";

    private static readonly FileFormat Format = new("the owner of a job's folder", Version: 1);

    /// <summary>The job whose files are in the folder; a folder that does not say, or not readably, is its newest checkpoint's. Null: nobody's.</summary>
    /// <exception cref="UnknownFormatException">It is said in a format that this program does not read.</exception>
    public static string? Of(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return (File.Exists(path) ? In(File.ReadAllText(path), path) : null) ?? OfNewestCheckpoint(folder);
    }

    /// <summary>The folder is the job's from here on.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Claim(string folder, string jobId) => Claim(Disk.Real, folder, jobId);

    internal static void Claim(Disk disk, string folder, string jobId)
    {
        var owner = Format.Stamp(new JsonObject { [Job] = jobId }).ToJsonString();
        AtomicFile.Write(disk, Path.Combine(folder, FileName), stream => stream.Write(Encoding.UTF8.GetBytes(owner)));
    }

    private static string? In(string json, string path)
    {
        try
        {
            return (string?)Format.Open(json, path)[Job];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? OfNewestCheckpoint(string folder)
    {
        try
        {
            return CheckpointReader.Find(folder).Manifest.JobId;
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

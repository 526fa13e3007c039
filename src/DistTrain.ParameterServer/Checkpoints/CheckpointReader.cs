using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Reads checkpoints back; every length and digest is verified before a number is used.</summary>
public static class CheckpointReader
{
    /// <summary>The manifest of a checkpoint folder.</summary>
    /// <param name="folder">A <c>step-N</c> folder, or a run's folder, whose newest checkpoint is taken.</param>
    /// <exception cref="CheckpointException">There is none, or it is not a manifest.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">It is of another format.</exception>
    public static (string Folder, CheckpointManifest Manifest) Find(string folder)
    {
        var found = All(folder).FirstOrDefault()
            ?? throw new CheckpointException($"{folder}: no checkpoint here; expected {CheckpointManifest.FileName}, or checkpoints/step-N/{CheckpointManifest.FileName}");
        return (found, ManifestIn(found));
    }

    /// <summary>The checkpoints of a run's folder, the newest first; a <c>step-N</c> folder is one.</summary>
    public static IEnumerable<string> All(string folder) =>
        Candidates(folder).Where(candidate => File.Exists(Path.Combine(candidate, CheckpointManifest.FileName)));

    /// <summary>The manifest in the folder of one checkpoint.</summary>
    /// <exception cref="CheckpointException">It is not a manifest.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">It is of another format.</exception>
    public static CheckpointManifest ManifestIn(string folder)
    {
        var path = Path.Combine(folder, CheckpointManifest.FileName);
        try
        {
            return CheckpointManifest.FromJson(File.ReadAllBytes(path), path);
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The whole flat vector of a checkpoint: its parameters and buffers, or one of its slots.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="vector">0: the weights; from 1 on, the slots.</param>
    /// <exception cref="CheckpointException">A part is missing, short, altered, has no such slot, or the parts do not cover the vector.</exception>
    public static float[] ReadVector(string folder, CheckpointManifest manifest, int vector = 0)
    {
        // A server without a bucket has an empty part: before the part that starts where it stands, it leaves no gap.
        var parts = manifest.Parts.OrderBy(p => p.FirstElement).ThenBy(p => p.Elements).ToList();
        var whole = new float[parts.Sum(p => p.Elements)];
        var next = 0;
        foreach (var part in parts)
        {
            if (part.FirstElement != next)
                throw new CheckpointException($"{folder}: element {next} is in no part or in two");
            ReadPart(folder, part, vector).CopyTo(whole, next);
            next += part.Elements;
        }

        if (LengthOf(folder, manifest) is var length && length != next)
            throw new CheckpointException($"{folder}: the parts have {next} elements, the layout {length}: a part is not in {CheckpointManifest.FileName}");
        return whole;
    }

    /// <summary>One part's run of the flat vector, or of one of its slots.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="part">The part.</param>
    /// <param name="vector">0: the weights; from 1 on, the slots.</param>
    /// <exception cref="CheckpointException">The file is missing, short or altered, or has no such slot.</exception>
    public static float[] ReadPart(string folder, ManifestPart part, int vector = 0)
    {
        if (vector > part.Slots)
            throw new CheckpointException($"{Path.Combine(folder, part.File)} has {part.Slots} slots, expected {vector}");
        using var stream = OpenVerified(folder, part);
        stream.Position = sizeof(float) * (long)vector * part.Elements;
        var run = new float[part.Elements];
        stream.ReadExactly(MemoryMarshal.AsBytes(run.AsSpan()));
        return run;
    }

    /// <summary>Any run of the flat vector and of each slot, from whatever parts hold it.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="parts">Those of its manifest, or those there are.</param>
    /// <param name="offset">First element.</param>
    /// <param name="length">Elements.</param>
    /// <param name="slots">Slots that are wanted, and that the parts must have; null: none, whatever they have.</param>
    /// <param name="width">float32 of an element.</param>
    /// <exception cref="CheckpointException">A part is missing, short or altered, or none holds some element.</exception>
    internal static IReadOnlyList<float[]> ReadRun(string folder, IEnumerable<ManifestPart> parts, int offset, int length, int? slots, int width = 1)
    {
        float[][] vectors = [.. Enumerable.Range(0, 1 + (slots ?? 0)).Select(_ => new float[length * width])];
        var next = offset;
        foreach (var part in parts.Where(p => p.Elements > 0).OrderBy(p => p.FirstElement))
        {
            var end = Math.Min(part.FirstElement + part.Elements, offset + length);
            if (end <= next || part.FirstElement > next)
                continue;
            if (slots is not null && part.Slots != slots)
                throw new CheckpointException($"{folder}: {part.File} has {part.Slots} slots, the optimizer {slots}");
            using var stream = OpenVerified(folder, part, width);
            for (var vector = 0; vector < vectors.Length; vector++)
            {
                stream.Position = sizeof(float) * width * (((long)vector * part.Elements) + next - part.FirstElement);
                stream.ReadExactly(MemoryMarshal.AsBytes(vectors[vector].AsSpan((next - offset) * width, (end - next) * width)));
            }

            next = end;
        }

        return next == offset + length ? vectors : throw new CheckpointException($"{folder}: element {next} is in no part");
    }

    /// <summary>The file of a part, at its beginning, once its length and digest are found right.</summary>
    private static FileStream OpenVerified(string folder, ManifestPart part, int width = 1)
    {
        var path = Path.Combine(folder, Path.GetFileName(part.File));
        if (!File.Exists(path))
            throw new CheckpointException($"{path}: the part of server {part.Server} is missing");
        var stream = File.OpenRead(path);
        try
        {
            var expected = (long)sizeof(float) * width * part.Elements * (1 + part.Slots);
            if (stream.Length != part.Bytes || part.Bytes != expected)
                throw new CheckpointException($"{path}: {stream.Length} bytes, expected {expected}");
            var digest = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (digest != part.Sha256)
                throw new CheckpointException($"{path}: SHA-256 is {digest}, the manifest says {part.Sha256}; the file was altered");
            stream.Position = 0;
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static int LengthOf(string folder, CheckpointManifest manifest)
    {
        try
        {
            return LayoutJson.Read(manifest.Layout).Length;
        }
        catch (FormatException e)
        {
            throw new CheckpointException($"{Path.Combine(folder, CheckpointManifest.FileName)}: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Candidates(string folder)
    {
        yield return folder;
        foreach (var step in StepFolders.Steps(folder).OrderDescending())
            yield return StepFolders.Of(folder, step);
    }
}

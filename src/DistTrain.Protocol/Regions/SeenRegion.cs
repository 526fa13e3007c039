using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace DistTrain.Protocol.Regions;

/// <summary>A region of another process, mapped to read. Outlives that process as long as somebody holds a part.</summary>
public sealed class SeenRegion
{
    private readonly MappedMemory _memory;

    private SeenRegion(MappedMemory memory, Region offer)
    {
        _memory = memory;
        Answer = new RegionAnswer { Id = offer.Id, Nonce = ByteString.CopyFrom(memory.Header[..SharedRegion.NonceBytes]) };
    }

    /// <summary>What proves to its owner that this process sees it.</summary>
    public RegionAnswer Answer { get; }

    /// <summary>Its elements; to write to them would end this process.</summary>
    public ReadOnlyMemory<float> Memory => _memory.Memory;

    /// <summary>Maps what another process offers.</summary>
    /// <param name="offer">Where it is.</param>
    /// <param name="answer">What to tell the owner: the proof, or why it can't be seen.</param>
    public static SeenRegion? TryOpen(Region offer, out RegionAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        var (seen, refusal) = Open(offer);
        answer = seen?.Answer ?? new RegionAnswer { Id = offer.Id, Refusal = refusal };
        return seen;
    }

    private static (SeenRegion? Region, string? Refusal) Open(Region offer)
    {
        if (RegionHost.Current is not { } host)
            return (null, "this system does not say in /proc where a process is");
        if (host.Differs(offer.Host) is { } difference)
            return (null, difference);
        var path = $"/proc/{offer.Process}/fd/{offer.Handle}";
        try
        {
            // Looked at before it is opened: to open something else, a device or a pipe, may do something.
            if (File.ResolveLinkTarget(path, returnFinalTarget: false)?.Name.StartsWith($"memfd:{SharedRegion.Name}", StringComparison.Ordinal) is not true)
                return (null, $"{path} is no region");
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return Map(file, offer, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }
    }

    private static (SeenRegion? Region, string? Refusal) Map(SafeFileHandle file, Region offer, string path)
    {
        if (!LinuxMemory.KeepsItsSize(file))
            return (null, $"the size of {path} is not sealed");
        var bytes = SharedRegion.BytesOf(offer.Elements);
        if (offer.Elements is <= 0 or > int.MaxValue || RandomAccess.GetLength(file) != bytes)
            return (null, $"{path} has {RandomAccess.GetLength(file)} bytes and not {bytes}");
        return Mapping.Of(file, bytes, LinuxMemory.ProtectRead) is { } mapping
            ? (new SeenRegion(new MappedMemory(mapping, (int)offer.Elements), offer), null)
            : (null, $"{path} can't be mapped");
    }
}

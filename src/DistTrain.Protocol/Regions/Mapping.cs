using Microsoft.Win32.SafeHandles;

namespace DistTrain.Protocol.Regions;

/// <summary>A part of this process's addresses at which a file of memory is mapped.</summary>
internal sealed class Mapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly long _bytes;

    private Mapping(nint start, long bytes)
        : base(ownsHandle: true)
    {
        _bytes = bytes;
        SetHandle(start);
        // The collector sees an object of a few bytes.
        if (!IsInvalid)
            GC.AddMemoryPressure(bytes);
    }

    /// <summary>Maps a whole file, with its pages; null where that is refused.</summary>
    public static Mapping? Of(SafeFileHandle file, long bytes, int protection)
    {
        var mapping = new Mapping(LinuxMemory.Map(file, bytes, protection), bytes);
        return mapping.IsInvalid ? null : mapping;
    }

    protected override bool ReleaseHandle()
    {
        GC.RemoveMemoryPressure(_bytes);
        return LinuxMemory.Unmap(handle, _bytes);
    }
}

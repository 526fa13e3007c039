using DistTrain.Optimization.Parameters;
using DistTrain.Protocol.Regions;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// The partition's part of two versions: the committed one, and room for the next, which until the first bucket of the open step is
/// stepped still holds the version before (a rank that died half-way replays from it; that a bucket is stepped proves that
/// every rank has the committed version).
/// </summary>
internal sealed class VersionBuffers
{
    /// <summary>Both versions begin on pages.</summary>
    private const int PageLength = 1024;

    // Both are zeros: no update writes the padding between tensors, and a replica may begin with an odd version.
    private readonly Memory<float>[] _buffers;

    /// <param name="length">Elements of the part.</param>
    /// <param name="memory">Says whether ranks of this machine read versions where they are made.</param>
    public VersionBuffers(int length, MemorySharing memory)
    {
        var second = (length + PageLength - 1) / PageLength * PageLength;
        Region = length == 0 ? null : memory.TryCreate(2L * second, "versions");
        FirstOfOdd = second;
        _buffers = Region is null
            ? [AlignedVector.Allocate<float>(length), AlignedVector.Allocate<float>(length)]
            : [Region.Memory[..length], Region.Memory.Slice(second, length)];
    }

    /// <summary>Where both are, for processes of this machine; null: they are sent.</summary>
    public SharedRegion? Region { get; }

    private int FirstOfOdd { get; }

    /// <summary>The elements of an even or odd version.</summary>
    public Memory<float> Of(long version) => _buffers[version & 1];

    /// <summary>Where a version begins in the region.</summary>
    public int FirstElement(long version) => (version & 1) == 0 ? 0 : FirstOfOdd;
}

using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// The partition's part of two versions: the committed one, and room for the next, which until the first bucket of the open step is
/// stepped still holds the version before (a rank that died half-way replays from it; that a bucket is stepped proves that
/// every rank has the committed version).
/// </summary>
internal sealed class VersionBuffers(int length)
{
    // Both are zeros: no update writes the padding between tensors, and a replica may begin with an odd version.
    private readonly Memory<float>[] _buffers = [AlignedVector.Allocate<float>(length), AlignedVector.Allocate<float>(length)];

    /// <summary>The elements of an even or odd version.</summary>
    public Memory<float> Of(long version) => _buffers[version & 1];
}

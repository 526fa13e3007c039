using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol.Regions;

namespace DistTrain.ParameterServer.Tests.Replicas;

[Trait("Kind", "Fast")]
public sealed class VersionBuffersTests
{
    /// <summary>No update writes the padding between tensors, so what lies there in a new buffer would come into the versions.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void New_buffers_are_zero_where_memory_was_used_before(bool shared)
    {
        const int length = 1 << 16;
        for (var round = 0; round < 20; round++)
        {
            Soil(length);
            GC.Collect();
            var buffers = new VersionBuffers(length, new MemorySharing(shared));
            Assert.Equal(shared, buffers.Region is not null);
            Assert.All(new long[] { 0, 1 }, version => Assert.Equal(-1, buffers.Of(version).Span.IndexOfAnyExcept(0f)));
        }
    }

    private static void Soil(int length)
    {
        for (var i = 0; i < 8; i++)
            GC.AllocateUninitializedArray<float>(length, pinned: true).AsSpan().Fill(1);
    }
}

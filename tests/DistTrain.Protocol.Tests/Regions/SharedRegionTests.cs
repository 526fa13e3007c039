using DistTrain.Protocol.Regions;
using Google.Protobuf;

namespace DistTrain.Protocol.Tests.Regions;

[Trait("Kind", "Fast")]
public class SharedRegionTests
{
    private const int Elements = 1000;

    [Fact]
    public void What_one_side_writes_the_other_reads_and_both_know_that_it_is_the_same_memory()
    {
        using var region = Create();
        region.Memory.Span[Elements - 1] = 7;
        var seen = SeenRegion.TryOpen(region.Offer, out var answer)!;
        Assert.Equal(Elements, seen.Memory.Length);
        Assert.Equal(7, seen.Memory.Span[Elements - 1]);
        region.Memory.Span[0] = 5;
        Assert.Equal(5, seen.Memory.Span[0]);
        Assert.True(region.IsSeenBy(answer));
    }

    [Fact]
    public void Another_nonce_or_none_proves_nothing()
    {
        using var region = Create();
        using var other = Create();
        SeenRegion.TryOpen(other.Offer, out var answer);
        Assert.False(region.IsSeenBy(answer));
        answer.Id = region.Offer.Id;
        Assert.False(region.IsSeenBy(answer));
        Assert.False(region.IsSeenBy(new RegionAnswer { Id = region.Offer.Id }));
        Assert.False(region.IsSeenBy(new RegionAnswer { Id = region.Offer.Id, Nonce = ByteString.CopyFrom(new byte[SharedRegion.NonceBytes]) }));
        Assert.False(region.IsSeenBy(null));
    }

    [Fact]
    public void An_offer_does_not_say_its_nonce()
    {
        using var region = Create();
        SeenRegion.TryOpen(region.Offer, out var answer);
        Assert.Equal(SharedRegion.NonceBytes, answer.Nonce.Length);
        Assert.Equal(-1, region.Offer.ToByteArray().AsSpan().IndexOf(answer.Nonce.Span));
    }

    [Fact]
    public void Nobody_can_make_it_smaller_or_larger()
    {
        using var region = Create();
        using var file = File.OpenHandle(PathOf(region.Offer), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Assert.False(LinuxMemory.Resize(file, 1));
        Assert.False(LinuxMemory.Resize(file, 1 << 30));
        Assert.Equal(SharedRegion.BytesOf(Elements), RandomAccess.GetLength(file));
    }

    [Fact]
    public void Nobody_else_can_write_to_it()
    {
        using var region = Create();
        using var file = File.OpenHandle(PathOf(region.Offer), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Assert.Null(Mapping.Of(file, SharedRegion.BytesOf(Elements), LinuxMemory.ProtectReadWrite));
        Assert.Throws<UnauthorizedAccessException>(() => RandomAccess.Write(file, [1], 0));
        using var toRead = File.OpenHandle(PathOf(region.Offer), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Assert.Null(Mapping.Of(toRead, SharedRegion.BytesOf(Elements), LinuxMemory.ProtectReadWrite));
        region.Memory.Span.Fill(3);
    }

    [Fact]
    public void What_is_not_sealed_is_not_mapped()
    {
        using var file = LinuxMemory.Create(SharedRegion.Name);
        Assert.True(LinuxMemory.Resize(file, SharedRegion.BytesOf(Elements)));
        using var region = Create();
        var offer = region.Offer.Clone();
        offer.Handle = (int)file.DangerousGetHandle();
        Assert.Contains("not sealed", Refusal(offer), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_region_is_not_opened()
    {
        using var region = Create();
        using var file = File.OpenHandle("/dev/null");
        var offer = region.Offer.Clone();
        offer.Handle = (int)file.DangerousGetHandle();
        Assert.Contains("is no region", Refusal(offer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Elements - 1)]
    [InlineData(Elements + 1)]
    [InlineData(long.MaxValue / 8)]
    public void One_of_another_length_than_was_said_is_refused(long elements)
    {
        using var region = Create();
        var offer = region.Offer.Clone();
        offer.Elements = elements;
        Assert.Contains("bytes and not", Refusal(offer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "another machine")]
    [InlineData(1, "another process namespace")]
    [InlineData(2, "another user")]
    public void Elsewhere_nobody_tries(int part, string said)
    {
        using var region = Create();
        var offer = region.Offer.Clone();
        var parts = offer.Host.Split(' ');
        parts[part] += "0";
        offer.Host = string.Join(' ', parts);
        Assert.Contains(said, Refusal(offer), StringComparison.Ordinal);
        offer.Host = "";
        Assert.Contains("does not say where", Refusal(offer), StringComparison.Ordinal);
    }

    [Fact]
    public void Once_the_offer_has_ended_nobody_new_sees_it_and_who_does_still_can()
    {
        var region = Create();
        var seen = SeenRegion.TryOpen(region.Offer, out _)!;
        var memory = region.Memory;
        region.Dispose();
        Assert.NotEmpty(Refusal(region.Offer));
        memory.Span[1] = 2;
        Assert.Equal(2, seen.Memory.Span[1]);
    }

    private static SharedRegion Create()
    {
        var region = SharedRegion.TryCreate(Elements, out var refusal);
        Assert.True(region is not null, refusal);
        return region;
    }

    private static string PathOf(Region offer) => $"/proc/{offer.Process}/fd/{offer.Handle}";

    private static string Refusal(Region offer)
    {
        Assert.Null(SeenRegion.TryOpen(offer, out var answer));
        Assert.True(answer.Nonce.IsEmpty);
        return answer.Refusal;
    }
}

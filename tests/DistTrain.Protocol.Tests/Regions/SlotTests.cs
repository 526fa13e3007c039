using DistTrain.Protocol.Regions;
using Google.Protobuf;

namespace DistTrain.Protocol.Tests.Regions;

/// <summary>One message at a time in memory that two sides see.</summary>
[Trait("Kind", "Fast")]
public sealed class SlotTests
{
    private static readonly MemorySharing On = new(isOn: true);

    [Fact]
    public async Task Each_message_is_read_once_and_waited_for()
    {
        using var outgoing = OutgoingSlot.TryCreate(On, 64, "a test")!;
        using var incoming = IncomingSlot.TryOpen(outgoing.Offer, 64, CancellationToken.None, out var answer)!;
        Assert.True(outgoing.IsSeenBy(answer));
        using var echoes = OutgoingSlot.TryCreate(On, 64, "a test")!;
        using var back = IncomingSlot.TryOpen(echoes.Offer, 64, CancellationToken.None, out _)!;
        const int Messages = 1000;
        var echo = Task.Run(() =>
        {
            for (var i = 0; i < Messages; i++)
                echoes.Write(incoming.Read(PullRequest.Parser, out _));
        });
        for (var i = 0; i < Messages; i++)
        {
            var size = outgoing.Write(new PullRequest { Version = i });
            Assert.Equal(i, back.Read(PullRequest.Parser, out var read).Version);
            Assert.Equal(size, read);
        }

        await echo.For("the other side");
    }

    [Fact]
    public async Task Who_waits_ends_when_it_is_cancelled()
    {
        using var outgoing = OutgoingSlot.TryCreate(On, 64, "a test")!;
        using var cancel = new CancellationTokenSource();
        using var incoming = IncomingSlot.TryOpen(outgoing.Offer, 64, cancel.Token, out _)!;
        var read = Task.Run(() => incoming.Read(PullRequest.Parser, out _));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.For("the end of the waiting"));
    }

    [Fact]
    public void What_does_not_fit_is_not_written()
    {
        using var outgoing = OutgoingSlot.TryCreate(On, 8, "a test")!;
        outgoing.Write(new RegionAnswer { Refusal = "123456" });
        Assert.Throws<ArgumentException>(() => outgoing.Write(new RegionAnswer { Refusal = "1234567" }));
    }

    [Fact]
    public void What_is_no_message_is_refused()
    {
        using var outgoing = OutgoingSlot.TryCreate(On, 64, "a test")!;
        using var incoming = IncomingSlot.TryOpen(outgoing.Offer, 64, CancellationToken.None, out _)!;
        outgoing.Write(new RegionAnswer { Refusal = "x" });
        Assert.Throws<InvalidProtocolBufferException>(() => incoming.Read(MomentShare.Parser, out _));
    }

    [Fact]
    public void A_slot_for_more_than_may_come_is_refused()
    {
        using var outgoing = OutgoingSlot.TryCreate(On, 68, "a test")!;
        Assert.Null(IncomingSlot.TryOpen(outgoing.Offer, 64, CancellationToken.None, out var answer));
        Assert.Equal("it has 19 elements, and messages need 18", answer.Refusal);
    }

    [Fact]
    public void Where_nothing_is_shared_there_is_no_slot() => Assert.Null(OutgoingSlot.TryCreate(MemorySharing.Off, 64, "a test"));

    [Fact]
    public void There_is_room_for_whole_messages() => Assert.Equal([2, 3, 3, 4], new[] { 0L, 1, 4, 5 }.Select(Slot.Elements));
}

using Google.Protobuf;

namespace DistTrain.Protocol.Regions;

/// <summary>A <see cref="Slot"/> of another process. For one thread at a time.</summary>
public sealed unsafe class IncomingSlot : IDisposable
{
    /// <summary>Who cancels wakes who waits; this is for the moment between its last look and its sleep.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ReadOnlyMemory<float> _memory;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _wakes;
    private int _number;

    private IncomingSlot(SeenRegion region, CancellationToken cancellation)
    {
        (_memory, Answer, _cancellation) = (region.Memory, region.Answer, cancellation);
        _wakes = cancellation.UnsafeRegister(static slot => ((IncomingSlot)slot!).Wake(), this);
    }

    /// <summary>What proves to its owner that this process sees it.</summary>
    public RegionAnswer Answer { get; }

    /// <summary>Maps what another process offers.</summary>
    /// <param name="offer">Where it is.</param>
    /// <param name="bytes">Of the largest message that may come: a slot for larger ones is refused.</param>
    /// <param name="cancellation">Ends the waiting for messages.</param>
    /// <param name="answer">What to tell the owner: the proof, or why it can't be seen.</param>
    public static IncomingSlot? TryOpen(Region offer, int bytes, CancellationToken cancellation, out RegionAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        if (!LinuxMemory.CanWait)
        {
            answer = new RegionAnswer { Id = offer.Id, Refusal = "messages are waited for in memory on x64 and Arm64 only" };
            return null;
        }

        if (offer.Elements > Slot.Elements(bytes))
        {
            answer = new RegionAnswer { Id = offer.Id, Refusal = $"it has {offer.Elements} elements, and messages need {Slot.Elements(bytes)}" };
            return null;
        }

        return SeenRegion.TryOpen(offer, out answer) is { } region ? new IncomingSlot(region, cancellation) : null;
    }

    /// <summary>Blocks until the next message is there.</summary>
    /// <param name="parser">Reads it.</param>
    /// <param name="size">Bytes of it.</param>
    /// <exception cref="OperationCanceledException">It is not waited for any more.</exception>
    /// <exception cref="InvalidProtocolBufferException">What is there is no message of this kind.</exception>
    /// <exception cref="InvalidDataException">It says a length for which there is no room.</exception>
    public T Read<T>(MessageParser<T> parser, out int size)
        where T : IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(parser);
        fixed (int* header = Slot.Header(_memory.Span))
        {
            int number;
            while ((number = Volatile.Read(ref header[0])) == _number)
            {
                _cancellation.ThrowIfCancellationRequested();
                LinuxMemory.Wait(header, number, Patience);
            }

            _number = number;
            size = header[1];
            var body = Slot.Body(_memory.Span);
            return size >= 0 && size <= body.Length ? parser.ParseFrom(body[..size]) : throw new InvalidDataException($"a message of {size} bytes in a slot of {body.Length}");
        }
    }

    /// <summary>Nothing is waited for any more.</summary>
    public void Dispose() => _wakes.Dispose();

    private void Wake()
    {
        fixed (int* header = Slot.Header(_memory.Span))
            LinuxMemory.Wake(header);
    }
}

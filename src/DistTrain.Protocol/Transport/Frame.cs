using System.Buffers;
using Google.Protobuf;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// One message of the parameter exchange: a small protobuf head, and a bucket of floats beside it that is never copied into a
/// protobuf object. Received frames rent their payload and must be disposed; frames to send borrow theirs.
/// </summary>
public sealed class Frame<TMessage> : IDisposable
    where TMessage : IMessage<TMessage>, new()
{
    private float[]? _rented;

    private Frame(TMessage head, ReadOnlyMemory<float> payload, float[]? rented)
    {
        Head = head;
        Payload = payload;
        _rented = rented;
    }

    public TMessage Head { get; }

    /// <summary>The bucket's elements; empty when the message carries none.</summary>
    public ReadOnlyMemory<float> Payload { get; }

    /// <summary>A frame to send. <paramref name="payload"/> must keep its contents until the frame is written.</summary>
    public static Frame<TMessage> ToSend(TMessage head, ReadOnlyMemory<float> payload = default) => new(head, payload, rented: null);

    /// <summary>A received frame whose payload of <paramref name="length"/> elements lies in a rented array.</summary>
    internal static Frame<TMessage> Received(TMessage head, float[]? rented, int length) => new(head, rented.AsMemory(0, length), rented);

    /// <summary>Hands the rented array over to the caller, who returns it to <see cref="ArrayPool{T}.Shared"/>.</summary>
    /// <exception cref="InvalidOperationException">The frame has no rented payload.</exception>
    public float[] TakePayload() =>
        Interlocked.Exchange(ref _rented, null) ?? throw new InvalidOperationException("the frame has no payload to take");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
            ArrayPool<float>.Shared.Return(rented);
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// Writes and reads frames as plain protobuf (any gRPC client can speak it) while the payload, field 15, moves by one copy: from the
/// caller's vector into the transport's blocks, or from them into a rented array.
/// </summary>
internal static class FrameMarshaller
{
    /// <summary>Tag of field 15, length-delimited.</summary>
    private const byte PayloadTag = (15 << 3) | 2;

    public static Marshaller<Frame<TMessage>> Of<TMessage>()
        where TMessage : IMessage<TMessage>, new() => new(Serialize, Deserialize<TMessage>);

    private static void Serialize<TMessage>(Frame<TMessage> frame, SerializationContext context)
        where TMessage : IMessage<TMessage>, new()
    {
        var payload = MemoryMarshal.AsBytes(frame.Payload.Span);
        var headSize = frame.Head.CalculateSize();
        var payloadHead = payload.Length == 0 ? 0 : 1 + CodedOutputStream.ComputeLengthSize(payload.Length);
        context.SetPayloadLength(headSize + payloadHead + payload.Length);
        var writer = context.GetBufferWriter();
        frame.Head.WriteTo(writer);
        if (payload.Length > 0)
        {
            Span<byte> tag = stackalloc byte[6];
            tag[0] = PayloadTag;
            var written = 1;
            for (var rest = (uint)payload.Length; ; rest >>= 7)
            {
                tag[written++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
                if (rest < 0x80)
                    break;
            }

            writer.Write(tag[..written]);
            writer.Write(payload);
        }

        context.Complete();
    }

    private static Frame<TMessage> Deserialize<TMessage>(DeserializationContext context)
        where TMessage : IMessage<TMessage>, new()
    {
        var message = context.PayloadAsReadOnlySequence();
        var (headLength, payload) = Split(message);
        var head = new TMessage();
        head.MergeFrom(message.Slice(0, headLength));
        if (payload.IsEmpty)
            return Frame<TMessage>.Received(head, rented: null, length: 0);
        if (payload.Length % sizeof(float) != 0)
            throw new InvalidDataException($"a payload of {payload.Length} bytes is not a whole number of float32");

        var length = (int)(payload.Length / sizeof(float));
        var rented = ArrayPool<float>.Shared.Rent(length);
        payload.CopyTo(MemoryMarshal.AsBytes(rented.AsSpan(0, length)));
        return Frame<TMessage>.Received(head, rented, length);
    }

    /// <summary>Finds the payload by walking the top-level fields, of which there are at most two.</summary>
    private static (long HeadLength, ReadOnlySequence<byte> Payload) Split(ReadOnlySequence<byte> message)
    {
        var reader = new SequenceReader<byte>(message);
        while (!reader.End)
        {
            var start = reader.Consumed;
            var tag = ReadVarint(ref reader);
            if ((tag & 7) != 2)
                throw new InvalidDataException($"unexpected field tag {tag} in an exchange message");
            var length = ReadVarint(ref reader);
            if (length > (ulong)reader.Remaining)
                throw new InvalidDataException($"a field of {length} bytes in a message that has {reader.Remaining} left");
            if (tag != PayloadTag)
            {
                reader.Advance((long)length);
                continue;
            }

            if (length != (ulong)reader.Remaining)
                throw new InvalidDataException("the payload must be the last field of an exchange message");
            return (start, message.Slice(reader.Consumed));
        }

        return (message.Length, ReadOnlySequence<byte>.Empty);
    }

    private static ulong ReadVarint(ref SequenceReader<byte> reader)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (!reader.TryRead(out var octet))
                throw new InvalidDataException("a message ends inside a varint");
            value |= (ulong)(octet & 0x7F) << shift;
            if (octet < 0x80)
                return value;
        }

        throw new InvalidDataException("a varint of more than ten bytes");
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using CsCheck;
using DistTrain.Protocol.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public class FrameMarshallerTests
{
    private static readonly Marshaller<Frame<RankMessage>> Marshaller = FrameMarshaller.Of<RankMessage>();

    [Fact]
    public void A_frame_on_the_wire_is_the_plain_protobuf_message() =>
        Gen.Float.Array[0, 5000].Sample(payload =>
        {
            var head = Head();
            var wire = Write(Frame<RankMessage>.ToSend(head, payload));
            var plain = Head();
            plain.Payload = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(payload));
            Assert.Equal(plain.ToByteArray(), wire);
        });

    [Fact]
    public void What_is_written_is_read_however_the_transport_cuts_it() =>
        Gen.Select(Gen.Float.Array[0, 2000], Gen.Int[1, 700]).Sample((payload, block) =>
        {
            using var frame = Marshaller.ContextualDeserializer(new Reading(Cut(Write(Frame<RankMessage>.ToSend(Head(), payload)), block)));
            Assert.Equal(Head(), frame.Head);
            Assert.Equal(MemoryMarshal.AsBytes<float>(payload).ToArray(), MemoryMarshal.AsBytes(frame.Payload.Span).ToArray());
        });

    [Fact]
    public void A_truncated_frame_is_an_error_not_a_crash()
    {
        var wire = Write(Frame<RankMessage>.ToSend(Head(), new float[100]));
        var whole = 0;
        for (var length = 0; length < wire.Length; length++)
        {
            try
            {
                using var frame = Marshaller.ContextualDeserializer(new Reading(new ReadOnlySequence<byte>(wire, 0, length)));
                // The only cut that reads is the one that leaves a message without payload.
                Assert.True(frame.Payload.IsEmpty);
                whole++;
            }
            catch (InvalidDataException)
            {
                // Said so.
            }
        }

        Assert.Equal(2, whole);
    }

    [Fact]
    public void A_payload_that_is_not_last_is_refused()
    {
        var wire = Write(Frame<RankMessage>.ToSend(new RankMessage(), new float[] { 1 })).Concat(Head().ToByteArray()).ToArray();
        Assert.Throws<InvalidDataException>(() => Marshaller.ContextualDeserializer(new Reading(new ReadOnlySequence<byte>(wire))));
    }

    private static RankMessage Head() => new()
    {
        Gradient = new GradientChunk { Step = 300, Bucket = 7, Contribution = new Contribution { Rank = 3, Examples = 64, LossSum = 1.5 } },
    };

    private static byte[] Write(Frame<RankMessage> frame)
    {
        var context = new Writing();
        Marshaller.ContextualSerializer(frame, context);
        Assert.Equal(context.Announced, context.Buffer.WrittenCount);
        return context.Buffer.WrittenSpan.ToArray();
    }

    private static ReadOnlySequence<byte> Cut(byte[] wire, int block)
    {
        Part? first = null, last = null;
        for (var at = 0; at < wire.Length || first is null; at += block)
            last = first is null ? first = new Part(wire.AsMemory(at, Math.Min(block, wire.Length - at)), 0) : last!.Append(wire.AsMemory(at, Math.Min(block, wire.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Writing : SerializationContext
    {
        public ArrayBufferWriter<byte> Buffer { get; } = new();

        public int Announced { get; private set; }

        public override void SetPayloadLength(int payloadLength) => Announced = payloadLength;

        public override IBufferWriter<byte> GetBufferWriter() => Buffer;

        public override void Complete()
        {
        }
    }

    private sealed class Reading(ReadOnlySequence<byte> message) : DeserializationContext
    {
        public override int PayloadLength => (int)message.Length;

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => message;
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, long at) => (Memory, RunningIndex) = (memory, at);

        public Part Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Part(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

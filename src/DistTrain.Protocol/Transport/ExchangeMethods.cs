using Grpc.Core;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// The methods of <c>disttrain.v1.ParameterExchange</c> with frames in place of the generated messages: the one seam through which
/// chunks pass, on both sides.
/// </summary>
public static class ExchangeMethods
{
    private const string Service = "disttrain.v1.ParameterExchange";

    private static readonly Marshaller<Frame<RankMessage>> RankMarshaller = FrameMarshaller.Of<RankMessage>();
    private static readonly Marshaller<Frame<ServerMessage>> ServerMarshaller = FrameMarshaller.Of<ServerMessage>();

    /// <summary>The stream between one rank and one server.</summary>
    public static Method<Frame<RankMessage>, Frame<ServerMessage>> Exchange { get; } =
        new(MethodType.DuplexStreaming, Service, nameof(Exchange), RankMarshaller, ServerMarshaller);

    /// <summary>The committed buckets of a job at rest.</summary>
    public static Method<ReadVersionRequest, Frame<ServerMessage>> ReadVersion { get; } =
        new(
            MethodType.ServerStreaming,
            Service,
            nameof(ReadVersion),
            Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, ReadVersionRequest.Parser.ParseFrom),
            ServerMarshaller);
}

using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Ranks;

/// <summary>One server's part of a version, or of a probe's vector, read apart from the stream of steps.</summary>
/// <param name="Buckets">How many came.</param>
/// <param name="Version">Of which version; null: none came.</param>
internal readonly record struct VersionPart(int Buckets, long? Version)
{
    /// <summary>Reads it into its place of the whole vector.</summary>
    /// <exception cref="RpcException">The server is away, or has no such vector.</exception>
    public static async Task<VersionPart> ReadAsync(
        GrpcChannel server, ReadVersionRequest request, ParameterLayout layout, Memory<float> vector, int width, CancellationToken cancellation)
    {
        using var call = server.CreateCallInvoker().AsyncServerStreamingCall(
            ExchangeMethods.ReadVersion, host: null, new CallOptions(cancellationToken: cancellation), request);
        var part = default(VersionPart);
        while (await call.ResponseStream.MoveNext(cancellation))
        {
            using var frame = call.ResponseStream.Current;
            var chunk = frame.Head.Parameters;
            frame.Payload.CopyTo(vector[(layout.Buckets[chunk.Bucket].Offset * width)..]);
            part = new VersionPart(part.Buckets + 1, chunk.Version);
        }

        return part;
    }
}

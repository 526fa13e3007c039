using System.Globalization;
using DistTrain.Protocol.Formats;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace DistTrain.ParameterServer.Services;

/// <summary>
/// FAILED_PRECONDITION where versions do not meet, so that nobody tries again: a caller that speaks another wire version, or a job whose files are of
/// a format that this program does not read.
/// </summary>
internal sealed class VersionInterceptor : Interceptor
{
    /// <summary>Whoever asks for this process' health need not be of the cluster.</summary>
    private const string Cluster = "/disttrain.";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        MeetAsync(context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        MeetAsync(context, () => NothingAfter(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        MeetAsync(context, () => NothingAfter(continuation(requestStream, responseStream, context)));

    private static async Task<T> MeetAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        if (context.Method.StartsWith(Cluster, StringComparison.Ordinal) && Problem(context) is { } problem)
            throw Refusal(problem);
        try
        {
            return await call();
        }
        catch (UnknownFormatException e)
        {
            throw Refusal(e.Message);
        }
    }

    private static async Task<bool> NothingAfter(Task call)
    {
        await call;
        return true;
    }

    /// <summary>Why the caller can't be understood, or null.</summary>
    private static string? Problem(ServerCallContext context)
    {
        var spoken = context.RequestHeaders.GetValue(WireVersion.Header);
        if (spoken == WireVersion.Current.ToString(CultureInfo.InvariantCulture))
            return null;
        var caller = context.RequestHeaders.GetValue(WireVersion.CallerHeader) ?? "a process that does not say what it is";
        return $"{caller} at {context.Peer} speaks wire version {spoken ?? "unknown"}, and the server (process {Environment.ProcessId} on {Environment.MachineName}) "
            + $"at {context.Host} speaks {WireVersion.Current}; {WireVersion.Remedy}";
    }

    private static RpcException Refusal(string reason) => new(new Status(StatusCode.FailedPrecondition, reason));
}

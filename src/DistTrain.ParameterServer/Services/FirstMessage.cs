using DistTrain.Security.Callers;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>The message with which a stream begins.</summary>
internal static class FirstMessage
{
    /// <summary>A caller that says nothing, or a byte at a time, does not hold a stream for longer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Waits for it.</summary>
    /// <returns>False when the stream ended without one.</returns>
    /// <exception cref="RpcException">DEADLINE_EXCEEDED: it did not come.</exception>
    public static async Task<bool> ArrivesAsync<T>(IAsyncStreamReader<T> reader, TimeProvider time, ServerCallContext context)
    {
        using var patience = new CancellationTokenSource(Limit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, patience.Token);
        try
        {
            return await reader.MoveNext(limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } && patience.IsCancellationRequested)
        {
            context.GetHttpContext().Refused();
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no first message within {Limit.TotalSeconds:0} s"));
        }
        catch (IOException)
        {
            // Its silo was lost, or the rank stopped, before it could say anything.
            throw new RpcException(new Status(StatusCode.Cancelled, "the stream was cut before its first message"));
        }
    }
}

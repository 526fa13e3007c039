using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Client.Calls;

/// <summary>One Watch call. Reading it gives an event, or null once the call has ended for a reason that another attempt may cure.</summary>
internal sealed class WatchAttempt(JobsChannel silo, string job, long fromStep, CancellationToken cancel) : IDisposable
{
    private readonly AsyncServerStreamingCall<Protocol.JobEvent> _call =
        silo.Client.Watch(new WatchRequest { JobId = job, FromStep = fromStep }, cancellationToken: cancel);

    /// <summary>Why the call ended; null where it ended early and without a reason.</summary>
    public RpcException? Failure { get; private set; }

    /// <summary>The next event, or null at the end of the call.</summary>
    /// <exception cref="DistTrainException">Another attempt would end in the same way.</exception>
    public async Task<Protocol.JobEvent?> ReadAsync()
    {
        try
        {
            return await _call.ResponseStream.MoveNext(cancel).ConfigureAwait(false) ? _call.ResponseStream.Current : null;
        }
        catch (RpcException e) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancel);
        }
        catch (RpcException e) when (CallProblem.IsTransient(e.StatusCode))
        {
            Failure = e;
            return null;
        }
        catch (RpcException e)
        {
            throw CallProblem.Of(e, silo.Endpoint);
        }
    }

    public void Dispose() => _call.Dispose();
}

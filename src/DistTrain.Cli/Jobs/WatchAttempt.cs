using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Cli.Jobs;

/// <summary>One Watch call. Reading it gives an event, or null once the call has ended for a reason that another attempt may cure.</summary>
internal sealed class WatchAttempt(JobsChannel channel, string job, long fromStep, CancellationToken cancel) : IDisposable
{
    private readonly AsyncServerStreamingCall<JobEvent> _call =
        channel.Client.Watch(new WatchRequest { JobId = job, FromStep = fromStep }, cancellationToken: cancel);

    /// <summary>Why the call ended.</summary>
    public RpcException? Failure { get; private set; }

    /// <summary>The next event, or null at the end of the call.</summary>
    /// <exception cref="Commands.CommandException">Another attempt would end in the same way.</exception>
    public async Task<JobEvent?> ReadAsync()
    {
        try
        {
            return await _call.ResponseStream.MoveNext(cancel) ? _call.ResponseStream.Current : null;
        }
        catch (RpcException e) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancel);
        }
        catch (RpcException e) when (RpcFailure.IsTransient(e.StatusCode))
        {
            Failure = e;
            return null;
        }
        catch (RpcException e)
        {
            throw RpcFailure.Explain(e, channel.Endpoint);
        }
    }

    public void Dispose() => _call.Dispose();
}

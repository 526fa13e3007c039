using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Operator.Reconciling;

/// <summary>The calls to the cluster's front door; all of them may be sent again.</summary>
internal sealed class ClusterJobs(FrontDoor door, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);

    /// <summary>The silo reads the data before it takes a job.</summary>
    private static readonly TimeSpan SubmitLimit = TimeSpan.FromMinutes(5);

    private readonly JobsChannel _channel = new(door);

    /// <summary>Where it calls.</summary>
    public Endpoint Endpoint => _channel.Endpoint;

    /// <summary>Queues a job.</summary>
    public Task<ClusterAnswer> SubmitAsync(string job, string jobFile, CancellationToken cancel) =>
        CallAsync(o => _channel.Client.SubmitAsync(new SubmitRequest { JobId = job, JobFile = jobFile }, o), SubmitLimit, cancel);

    /// <summary>Lets a job go on from what the cluster has of it. Where that is nothing, it begins anew.</summary>
    /// <param name="job">Id.</param>
    /// <param name="jobFile">What it was submitted with; null: nobody knows, so that it can't begin anew.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ClusterAnswer> TakeUpAsync(string job, string? jobFile, CancellationToken cancel)
    {
        var answer = await CallAsync(o => _channel.Client.ResumeAsync(new ResumeRequest { JobId = job }, o), SubmitLimit, cancel);
        return answer.Kind is ClusterAnswerKind.NotFound && jobFile is not null ? await SubmitAsync(job, jobFile, cancel) : answer;
    }

    /// <summary>Ends a job; one that is not there has ended.</summary>
    public async Task<ClusterAnswer> CancelAsync(string job, CancellationToken cancel)
    {
        var answer = await CallAsync(o => _channel.Client.CancelAsync(new CancelRequest { JobId = job }, o), CallLimit, cancel);
        return answer.Kind is ClusterAnswerKind.NotFound ? ClusterAnswer.Done : answer;
    }

    /// <summary>Follows a job.</summary>
    public AsyncServerStreamingCall<JobEvent> Watch(string job, long fromStep, CancellationToken cancel) =>
        _channel.Client.Watch(new WatchRequest { JobId = job, FromStep = fromStep }, cancellationToken: cancel);

    public void Dispose() => _channel.Dispose();

    private async Task<ClusterAnswer> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            await call(new CallOptions(deadline: clock.GetUtcNow().UtcDateTime + limit, cancellationToken: cancel));
            return ClusterAnswer.Done;
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            return ClusterAnswer.Of(e);
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException(e.Message, e, cancel);
        }
    }
}

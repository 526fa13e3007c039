using DistTrain.Cli.Invocation;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Cli.Jobs;

/// <summary>The short calls to a cluster, each with a deadline and with failures in the user's words.</summary>
internal sealed class JobsClient(FrontDoor door, CommandContext context) : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);

    /// <summary>The silo reads the data before it takes a job: mistakes in it are the submitter's.</summary>
    private static readonly TimeSpan SubmitLimit = TimeSpan.FromMinutes(5);

    private readonly JobsChannel _channel = new(door);

    /// <summary>Queues a job.</summary>
    /// <param name="id">The job's id, made by the client.</param>
    /// <param name="jobFile">YAML.</param>
    /// <exception cref="CommandException">The cluster cannot be reached or refuses the job.</exception>
    public async Task<string> SubmitAsync(string id, string jobFile, CancellationToken cancel)
    {
        var request = new SubmitRequest { JobId = id, JobFile = jobFile };
        return (await CallAsync(o => _channel.Client.SubmitAsync(request, o), SubmitLimit, cancel)).JobId;
    }

    /// <summary>Lets a job go on that failed or was cancelled, or of which only the servers know.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="jobFile">YAML; empty: as it was.</param>
    /// <exception cref="CommandException">The cluster cannot be reached, or the job is another one; all differences are named.</exception>
    public Task<JobSummary> ResumeAsync(string id, string jobFile, CancellationToken cancel)
    {
        var request = new ResumeRequest { JobId = id, JobFile = jobFile };
        return CallAsync(o => _channel.Client.ResumeAsync(request, o), SubmitLimit, cancel);
    }

    /// <summary>All jobs in order of submission.</summary>
    public async Task<IReadOnlyList<JobSummary>> ListAsync(CancellationToken cancel) =>
        (await CallAsync(o => _channel.Client.ListAsync(new ListRequest(), o), CallLimit, cancel)).Jobs;

    /// <summary>Ends a job, and says how it stands after the request was recorded.</summary>
    /// <param name="limit">Longest time to wait for the answer; null for the usual.</param>
    public Task<JobSummary> CancelAsync(string job, TimeSpan? limit, CancellationToken cancel) =>
        CallAsync(o => _channel.Client.CancelAsync(new CancelRequest { JobId = job }, o), limit ?? CallLimit, cancel);

    /// <summary>Writes the job's files into <paramref name="folder"/>.</summary>
    /// <param name="wanted">False for a file that shall not be written.</param>
    /// <returns>The names of the written files.</returns>
    public async Task<IReadOnlyList<string>> DownloadAsync(string job, string folder, Predicate<string> wanted, CancellationToken cancel)
    {
        try
        {
            using var call = _channel.Client.Download(new DownloadRequest { JobId = job }, cancellationToken: cancel);
            return await context.Waits.DuringAsync($"{door.Endpoint} to send the files of job {job}", JobDownload.SaveAsync(call.ResponseStream.ReadAllAsync(cancel), folder, wanted, cancel));
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw RpcFailure.Explain(e, door.Endpoint);
        }
    }

    public void Dispose() => _channel.Dispose();

    private async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            return await context.Waits.DuringAsync($"the answer of {door.Endpoint}", call(new CallOptions(deadline: context.Clock.GetUtcNow().UtcDateTime + limit, cancellationToken: cancel)).ResponseAsync);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw RpcFailure.Explain(e, door.Endpoint);
        }
    }
}

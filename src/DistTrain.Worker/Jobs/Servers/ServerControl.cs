using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Ranks;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>
/// The parameter servers of one job as its grain steers them: the same request to each, the answers in order. For one that does not answer the job waits.
/// </summary>
internal sealed class ServerControl : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    /// <summary>For requests that read or write a whole version.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyList<string> _endpoints;
    private readonly TimeProvider _time;
    private readonly JobWaits? _waits;
    private readonly IReadOnlyList<GrpcChannel> _channels;
    private readonly IReadOnlyList<JobPartitions.JobPartitionsClient> _clients;

    /// <param name="endpoints">The servers.</param>
    /// <param name="peers">Reaches them.</param>
    /// <param name="time">Measures limits.</param>
    /// <param name="waits">Told of servers that are asked, and answer; null: no job waits for them.</param>
    public ServerControl(IReadOnlyList<string> endpoints, PeerChannels peers, TimeProvider time, JobWaits? waits = null)
    {
        (_endpoints, _time, _waits) = (endpoints, time, waits);
        _channels = [.. endpoints.Select(peers.Connect)];
        _clients = [.. _channels.Select(c => new JobPartitions.JobPartitionsClient(c))];
    }

    /// <summary>How a job's waits call a server.</summary>
    public static string Whom(string endpoint) => $"server {endpoint}";

    /// <summary>Where they are.</summary>
    public IReadOnlyList<string> Endpoints => _endpoints;

    /// <exception cref="RpcException">A server is away or refuses.</exception>
    public Task<PartitionStatus[]> OpenAsync(OpenPartitionRequest request) =>
        AskAllAsync((client, server) => client.OpenAsync(OfServer(request, server), Within(Long)));

    /// <summary>Looks at what a job is to start from, each server at its part of it.</summary>
    /// <exception cref="RpcException">A server is away or refuses.</exception>
    public Task<StartExamination[]> ExamineStartAsync(OpenPartitionRequest request) =>
        AskAllAsync((client, server) => client.ExamineStartAsync(OfServer(request, server), Within(Long)));

    /// <exception cref="RpcException">A server is away or does not know the job.</exception>
    public Task<PartitionStatus[]> StatusAsync(string jobId) =>
        AskAllAsync((c, _) => c.GetStatusAsync(new PartitionRequest { JobId = jobId }, Within(Short)));

    /// <exception cref="RpcException">A server is away or does not know the job.</exception>
    public Task<PartitionStatus[]> StopAsync(string jobId) =>
        AskAllAsync((c, _) => c.StopAsync(new PartitionRequest { JobId = jobId }, Within(Long)));

    /// <exception cref="RpcException">A server is away or does not know the job.</exception>
    public Task<PartitionStatus[]> SealAsync(SealCheckpointRequest request) =>
        AskAllAsync((c, _) => c.SealCheckpointAsync(request, Within(Long)));

    /// <summary>What each server has on disk.</summary>
    /// <exception cref="RpcException">A server is away.</exception>
    public Task<StoredCheckpoints[]> ListCheckpointsAsync(string jobId) =>
        AskAllAsync((c, _) => c.ListCheckpointsAsync(new PartitionRequest { JobId = jobId }, Within(Long)));

    /// <exception cref="RpcException">A server is away.</exception>
    public Task<PartitionStatus[]> ReleaseAsync(string jobId, bool completed) =>
        AskAllAsync((c, _) => c.ReleaseAsync(new PartitionRequest { JobId = jobId, Completed = completed }, Within(Long)));

    /// <summary>The committed history from the leader, live until training ends.</summary>
    public AsyncServerStreamingCall<MetricsEvent> WatchMetrics(string jobId, long fromStep, CancellationToken cancellation) =>
        _clients[0].WatchMetrics(new WatchMetricsRequest { JobId = jobId, FromStep = fromStep }, cancellationToken: cancellation);

    /// <summary>The committed flat vector of a job at rest, or a probe's vector, assembled from all servers.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="layout">Of the vector.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="vector">Which of a probe's; of another job, none.</param>
    /// <param name="width">float32 of an element.</param>
    /// <returns>[layout.Length · width]</returns>
    /// <exception cref="RpcException">A server is away or has neither the partition nor a checkpoint; DATA_LOSS: they do not make one version.</exception>
    public async Task<float[]> ReadVersionAsync(
        string jobId, ParameterLayout layout, CancellationToken cancellation, ProbeVector vector = ProbeVector.None, int width = 1)
    {
        var whole = new float[layout.Length * width];
        var parts = await AllAsync(server => VersionPart.ReadAsync(
            _channels[server], new ReadVersionRequest { JobId = jobId, Server = server, Vector = vector }, layout, whole, width, cancellation));
        var versions = parts.Select(part => part.Version);
        var buckets = parts.Sum(part => part.Buckets);
        if (buckets != layout.Buckets.Count)
            throw new RpcException(new Status(StatusCode.DataLoss, $"{buckets} of {layout.Buckets.Count} buckets of job '{jobId}' are there"));
        // Two halves of different steps are no model.
        return versions.OfType<long>().Distinct().Count() <= 1
            ? whole
            : throw new RpcException(new Status(StatusCode.DataLoss, $"the servers of job '{jobId}' hold different steps ({string.Join(", ", versions)}); resume it to go on from one they share"));
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }

    private OpenPartitionRequest OfServer(OpenPartitionRequest request, int server)
    {
        var own = request.Clone();
        (own.Server, own.Servers) = (server, _clients.Count);
        return own;
    }

    private Task<T[]> AskAllAsync<T>(Func<JobPartitions.JobPartitionsClient, int, AsyncUnaryCall<T>> ask) => AllAsync(async server =>
    {
        using var call = ask(_clients[server], server);
        return await call.ResponseAsync;
    });

    /// <summary>Asks each server. What one answers, a refusal say, goes before that another does not answer: it is what to act on.</summary>
    private async Task<T[]> AllAsync<T>(Func<int, Task<T>> ask)
    {
        Task<T>[] asked = [.. _endpoints.Select((endpoint, server) => AskAsync(Whom(endpoint), () => ask(server)))];
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var refused = asked.FirstOrDefault(task => task.Exception?.InnerException is RpcException e && !e.IsAway());
        return refused is null ? await Task.WhenAll(asked) : [await refused];
    }

    private async Task<T> AskAsync<T>(string whom, Func<Task<T>> ask)
    {
        _waits?.Begin(whom);
        try
        {
            var answer = await ask();
            _waits?.End(whom);
            return answer;
        }
        catch (RpcException e) when (e.IsAway())
        {
            _waits?.Fail(whom, CallFailure.Reason(e));
            throw new RpcException(new Status(e.StatusCode, $"{whom}: {CallFailure.Reason(e)}", e.Status.DebugException));
        }
        catch (RpcException)
        {
            // A refusal is an answer.
            _waits?.End(whom);
            throw;
        }
    }

    private CallOptions Within(TimeSpan limit) => new(deadline: _time.GetUtcNow().UtcDateTime + limit);
}

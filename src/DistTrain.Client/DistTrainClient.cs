using DistTrain.Client.Calls;
using DistTrain.Client.Downloads;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.Client;

/// <summary>
/// A client of a cluster: submits jobs, follows, lists, cancels and resumes them, and downloads their files. Every silo serves the same calls; give
/// several, and the next one is asked where one can't be reached. All calls may be made at the same time, and each may be repeated without harm.
/// </summary>
/// <remarks>
/// Each call but those that last as long as a job has a deadline (<see cref="DistTrainClientOptions"/>), and is sent up to three times to a silo that is
/// not there. Calls that fail throw <see cref="DistTrainException"/>, which says whether the same call may succeed later; a call that is cancelled by its
/// token throws <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed class DistTrainClient : IDisposable
{
    private readonly DistTrainClientOptions _options;
    private readonly Silos _silos;

    /// <summary>A client of one silo, or of a name that stands for all of them.</summary>
    /// <param name="address">E.g. <c>http://127.0.0.1:5000</c>, or <c>https://train.example.com:5000</c> for a cluster with TLS.</param>
    /// <param name="options">As whom it calls, and how long it waits; null for nobody in particular.</param>
    /// <exception cref="ArgumentException">The address is no such address, or credentials would travel without TLS.</exception>
    /// <exception cref="DistTrainException">A file with certificates can't be used.</exception>
    public DistTrainClient(string address, DistTrainClientOptions? options = null)
        : this([Silos.AddressOf(address)], options)
    {
    }

    /// <summary>A client of several silos of one cluster.</summary>
    /// <param name="silos">Their addresses, one at least; the first is asked first.</param>
    /// <param name="options">As whom it calls, and how long it waits; null for nobody in particular.</param>
    /// <exception cref="ArgumentException">An address is none, or credentials would travel without TLS.</exception>
    /// <exception cref="DistTrainException">A file with certificates can't be used.</exception>
    public DistTrainClient(IReadOnlyList<Uri> silos, DistTrainClientOptions? options = null)
    {
        _options = options ?? new DistTrainClientOptions();
        _silos = Silos.Open(silos, _options);
    }

    /// <summary>Queues a job. The same id with the same job file is the same job, so a submission may be repeated.</summary>
    /// <param name="jobFile">YAML; the text of the file, not its path.</param>
    /// <param name="jobId">Lower-case letters, digits and dashes, at most 63; null: one is made of the time and chance.</param>
    /// <param name="cancel">Gives up waiting; the job may be queued nevertheless.</param>
    /// <returns>The job's id.</returns>
    /// <exception cref="DistTrainException">The job file has mistakes, all of which are named; the id is another job's; limits are exceeded; no silo
    /// answers.</exception>
    public async Task<string> SubmitAsync(string jobFile, string? jobId = null, CancellationToken cancel = default)
    {
        // Made here, so that what is sent again after a lost answer is the same job.
        var request = new SubmitRequest { JobFile = jobFile, JobId = jobId ?? NewJobId.Make("job", _options.Clock) };
        return (await CallAsync((jobs, options) => jobs.SubmitAsync(request, options), _options.SubmitLimit, cancel).ConfigureAwait(false)).JobId;
    }

    /// <summary>
    /// Follows a job until it ends: its state, each committed step once and in order, evaluations and log lines. Where the connection is lost it goes on at
    /// the next silo, from the first step that was not told yet.
    /// </summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="options">Where to begin, and how long to wait for a cluster that is away; null: the first step, two minutes.</param>
    /// <param name="cancel">Ends the watching, not the job.</param>
    /// <returns>The events; the last one is the <see cref="JobSummary"/> with which the job ended.</returns>
    /// <exception cref="DistTrainException">There is no such job, it is not the caller's, or the cluster stays away.</exception>
    public IAsyncEnumerable<JobEvent> WatchAsync(string jobId, WatchOptions? options = null, CancellationToken cancel = default) =>
        new JobWatch(_silos, jobId, options ?? new WatchOptions(), _options.Clock).FollowAsync(cancel);

    /// <summary>The caller's jobs, in order of submission; an operator's are all.</summary>
    /// <exception cref="DistTrainException">The caller may not; no silo answers.</exception>
    public async Task<IReadOnlyList<JobSummary>> ListAsync(CancellationToken cancel = default)
    {
        var answer = await CallAsync((jobs, options) => jobs.ListAsync(new ListRequest(), options), _options.CallLimit, cancel).ConfigureAwait(false);
        return [.. answer.Jobs.Select(WireMapping.Of)];
    }

    /// <summary>Ends a job that is queued or runs; one that has ended stays as it is.</summary>
    /// <returns>The job once the wish is recorded; it may take some seconds more to end.</returns>
    /// <exception cref="DistTrainException">There is no such job, or it is not the caller's; no silo answers.</exception>
    public async Task<JobSummary> CancelAsync(string jobId, CancellationToken cancel = default) => WireMapping.Of(
        await CallAsync((jobs, options) => jobs.CancelAsync(new CancelRequest { JobId = jobId }, options), _options.CallLimit, cancel).ConfigureAwait(false));

    /// <summary>Lets a job go on from its newest checkpoint that failed or was cancelled, or, for an operator, of which only the servers know.</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="jobFile">YAML; keys that decide no bits may have changed. Null: as it was.</param>
    /// <param name="cancel">Gives up waiting; the job may go on nevertheless.</param>
    /// <exception cref="DistTrainException">The job or its data are not those it began with, and all differences are named; no silo answers.</exception>
    public async Task<JobSummary> ResumeAsync(string jobId, string? jobFile = null, CancellationToken cancel = default)
    {
        var request = new ResumeRequest { JobId = jobId, JobFile = jobFile ?? "" };
        return WireMapping.Of(await CallAsync((jobs, options) => jobs.ResumeAsync(request, options), _options.SubmitLimit, cancel).ConfigureAwait(false));
    }

    /// <summary>Writes the files of a job that has ended: <c>model.safetensors</c>, <c>metrics.jsonl</c>, <c>job.yaml</c>, <c>data.json</c>.</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="folder">Where; made when it is not there. Files of the same name are replaced, each once the new one is complete.</param>
    /// <param name="isWanted">False for the name of a file that shall not be written; null: all are.</param>
    /// <param name="cancel">Gives up; files that are complete stay.</param>
    /// <returns>The names of the written files, in order.</returns>
    /// <exception cref="DistTrainException">The job has not ended, there is none, or it is not the caller's; no silo answers.</exception>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public Task<IReadOnlyList<string>> DownloadAsync(string jobId, string folder, Predicate<string>? isWanted = null, CancellationToken cancel = default) =>
        _silos.AskAsync(
            async silo =>
            {
                using var call = silo.Client.Download(new DownloadRequest { JobId = jobId }, cancellationToken: cancel);
                return await JobDownload.SaveAsync(call.ResponseStream.ReadAllAsync(cancel), folder, isWanted ?? (_ => true), cancel).ConfigureAwait(false);
            },
            cancel);

    /// <summary>Closes the connections; watches and downloads that are under way end.</summary>
    public void Dispose() => _silos.Dispose();

    private Task<T> CallAsync<T>(Func<TrainingJobs.TrainingJobsClient, CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancel)
    {
        // One for all silos that are asked.
        var options = new CallOptions(deadline: _options.Clock.GetUtcNow().UtcDateTime + limit, cancellationToken: cancel);
        return _silos.AskAsync(async silo => await call(silo.Client, options).ConfigureAwait(false), cancel);
    }
}

using System.Collections.Concurrent;
using System.Text;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Updates;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>The partitions in this server's memory, by job.</summary>
internal sealed class PartitionStore(ServerOptions options, PeerChannels peers, TimeProvider time, ILogger<PartitionStore> logger) : IDisposable
{
    /// <summary>How long a step that is open may take to close when a server that leaves has waited in vain for the job's grain.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, Partition> _partitions = [];
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile bool _leaving;

    public IEnumerable<Partition> All => _partitions.Values;

    /// <summary>The server has been asked to end.</summary>
    public bool IsLeaving => _leaving;

    /// <exception cref="RpcException">NOT_FOUND: the job has no partition in memory here.</exception>
    public Partition Get(string jobId) =>
        _partitions.GetValueOrDefault(jobId)
        ?? throw new RpcException(new Status(StatusCode.NotFound, $"job '{jobId}' has no partition on this server"));

    public Partition? Find(string jobId) => _partitions.GetValueOrDefault(jobId);

    /// <summary>Makes the partition, or returns the one made before for the same generation; one of an older generation is dropped.</summary>
    /// <exception cref="RpcException">
    /// UNAVAILABLE: the server has been asked to end, or can't write the job's folder; PERMISSION_DENIED: it may not; FAILED_PRECONDITION: an older
    /// generation, the folder is another job's, or the server is another one of the same job; RESOURCE_EXHAUSTED: the vectors exceed the memory limit;
    /// DATA_LOSS: the checkpoint can't be used.
    /// </exception>
    public async Task<Partition> OpenAsync(OpenPartitionRequest request)
    {
        await _opening.WaitAsync();
        try
        {
            if (_leaving)
                throw new RpcException(new Status(StatusCode.Unavailable, "the server is leaving"));
            if (_partitions.TryGetValue(request.JobId, out var open))
            {
                if (open.Plan.Generation == request.Generation && open.Plan.Server != request.Server)
                    throw new RpcException(new Status(StatusCode.FailedPrecondition, NamedTwice(request, open.Plan.Server)));
                if (open.Plan.Generation == request.Generation)
                    return open;
                if (open.Plan.Generation > request.Generation)
                {
                    throw new RpcException(new Status(
                        StatusCode.FailedPrecondition,
                        $"job '{request.JobId}' runs generation {open.Plan.Generation}, not {request.Generation}"));
                }

                await open.AbandonAsync();
                _partitions.TryRemove(request.JobId, out _);
                open.Dispose();
            }

            var partition = MakeOrSayWhyNot(request);
            _partitions[request.JobId] = partition;
            return partition;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>What jobs may still take of the memory limit, in bytes; what this one has it may have again.</summary>
    public long FreeBytes(string jobId) => options.MemoryLimit - _partitions.Values.Where(p => p.Plan.JobId != jobId).Sum(p => p.Plan.MemoryBytes);

    /// <summary>Looks at what a job is to start from, or a probe at.</summary>
    /// <param name="request">As it would be opened.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT, FAILED_PRECONDITION: it could not be opened so.</exception>
    public JobStart ExamineStart(OpenPartitionRequest request)
    {
        var plan = RequestedPlan.Of(request, options, peers);
        if (plan.Job.Spec.From is not null)
            return JobStart.Of(plan, options.DataRoot);
        if (plan.Probe is null)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the job has no spec.from"));
        try
        {
            return new JobStart([], null, ProbedVersion.Read(plan, options.FolderOf));
        }
        catch (CheckpointException e)
        {
            return new JobStart([$"spec.weights: {e.Message}"], null, null);
        }
    }

    /// <summary>Forgets a stopped partition; its files stay, but for the directions of a probe that has completed.</summary>
    public void Release(string jobId, bool completed = false)
    {
        if (_partitions.TryGetValue(jobId, out var partition) && partition.Stopped && _partitions.TryRemove(jobId, out _))
        {
            partition.History?.End();
            partition.Dispose();
            if (completed && partition.Plan.Probe is not null)
                partition.Checkpoints.Prune(partition.Version);
        }
    }

    /// <summary>
    /// Takes no more jobs in and waits for those that train to be stopped at all their servers, sealed and released, so that a checkpoint of one
    /// version is complete and no step is done again. A job without ranks, or that nobody stops in time, is stopped here alone: its part is saved.
    /// </summary>
    public async Task LeaveAsync()
    {
        _leaving = true;
        var begun = time.GetTimestamp();
        while (All.Any(p => p.IsInUse) && time.GetElapsedTime(begun) < options.StopPatience)
            await Task.Delay(LookInterval, time);
        await Task.WhenAll(All.Select(p => p.StopAsync(LastPatience)));
    }

    /// <summary>Where a job's files are, to be read or written.</summary>
    /// <exception cref="RpcException">
    /// INVALID_ARGUMENT: not a job id (it becomes part of a path); FAILED_PRECONDITION: the folder is another job's.
    /// </exception>
    public CheckpointFolder FolderOf(string jobId)
    {
        if (!JobId.IsValid(jobId))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{jobId}' is not a job id"));
        var path = options.FolderOf(jobId);
        if (FolderOwner.Of(path) is { } owner && owner != jobId)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"the folder {Path.GetFullPath(path)} is that of job '{owner}', so job '{jobId}' can't have its files there: "
                + $"start the servers with {ServerOptions.JobPlace} in --job-folder, which gives each job a folder of its own"));
        }

        return new CheckpointFolder(path, options.Disk);
    }

    public void Dispose()
    {
        foreach (var partition in _partitions.Values)
            partition.Dispose();
        _opening.Dispose();
    }

    /// <summary>Two names of one server can't be told apart before: it would lead some ranks against others, for ever.</summary>
    private static string NamedTwice(OpenPartitionRequest request, int server) =>
        $"one server is to be number {server} and number {request.Server} of job '{request.JobId}': the silos' --servers names it twice, perhaps by two names";

    private Partition MakeOrSayWhyNot(OpenPartitionRequest request)
    {
        try
        {
            return Make(request);
        }
        catch (IOException e) when (IsLasting(e))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the folder of job '{request.JobId}' can't be used: {e.Message}"));
        }
        catch (IOException e)
        {
            // A full disk, mostly: whoever asks again after it was cleaned up is served.
            throw new RpcException(new Status(StatusCode.Unavailable, $"the folder of job '{request.JobId}': {e.Message}"));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"the folder of job '{request.JobId}': {e.Message}"));
        }
    }

    /// <summary>What asking again does not cure: EEXIST and ENOTDIR (a file where a folder is meant), EISDIR, EROFS, ELOOP, and a name that is too long.</summary>
    private static bool IsLasting(IOException e) => e is PathTooLongException || e.HResult is 17 or 20 or 21 or 30 or 40;

    private Partition Make(OpenPartitionRequest request)
    {
        var folder = FolderOf(request.JobId);
        var plan = RequestedPlan.Of(request, options, peers);
        var free = FreeBytes(request.JobId);
        if (plan.MemoryBytes > free)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted,
                $"job '{request.JobId}' needs {plan.MemoryBytes >> 20} MiB on this server for versions, slots and pending gradients; "
                + $"{free >> 20} MiB of its {options.MemoryLimit >> 20} MiB are free. Use more servers or raise --memory-limit"));
        }

        (RestoredVersion Version, StartFile File)? begun = plan.Job.Spec.From is null || request.HasRestoredStep ? null : Started(plan);
        options.Disk.EnsureFolder(folder.Path);
        // Where servers share the folder the leader speaks for all of them.
        if (plan.IsLeader && FolderOwner.Of(folder.Path) is null)
            FolderOwner.Claim(options.Disk, folder.Path, plan.JobId);
        if (request.RestoredParts.Count > 0)
            folder.WriteManifest(CheckpointManifest.Of(plan, request.RestoredParts), plan.Server);
        var restored = request.HasRestoredStep ? Read(folder, request.RestoredStep, plan) : null;
        if (restored is not null)
            folder.Secure(request.RestoredStep);
        TrainingHistory? history = null;
        if (plan.IsLeader)
        {
            AtomicFile.Write(options.Disk, Path.Combine(folder.Path, "job.yaml"), stream => stream.Write(Encoding.UTF8.GetBytes(request.JobFile)));
            if (request.DataSummary.Length > 0)
                AtomicFile.Write(options.Disk, Path.Combine(folder.Path, "data.json"), stream => stream.Write(Encoding.UTF8.GetBytes(request.DataSummary)));
            begun?.File.Write(options.Disk, folder.Path);
            history = new TrainingHistory(options.Disk, Path.Combine(folder.Path, MetricsLine.FileName), time, restored?.Open, plan.Course.NoiseSmoothing);
        }

        var start = restored ?? begun?.Version ?? (plan.Probe is null ? null : Probed(plan));
        var partition = new Partition(plan, new CheckpointSaver(plan, folder, history, restored?.Open.Version ?? -1, logger), history, peers, start);
        if (start != restored)
            partition.SaveStart();
        return partition;
    }

    /// <summary>What a probe that begins looks at.</summary>
    private RestoredVersion Probed(PartitionPlan plan)
    {
        try
        {
            return ProbedVersion.Read(plan, options.FolderOf);
        }
        catch (CheckpointException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
    }

    /// <summary>What a job begins with that starts from what another has saved. It has to be what was found when the job was submitted.</summary>
    private (RestoredVersion Version, StartFile File) Started(PartitionPlan plan)
    {
        var from = plan.Job.Spec.From!;
        var start = from.Sha256 is null
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "spec.from.sha256 is missing: nobody has looked at what the job starts from"))
            : JobStart.Of(plan, options.DataRoot);
        if (start.Version is not { Open: var first } version)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, string.Join("; ", start.Problems)));
        return (version, new StartFile(from.Checkpoint, start.Sha256!, first.Version, first.Position, first.Progress.StatisticsSteps));
    }

    private static RestoredVersion Read(CheckpointFolder folder, long step, PartitionPlan plan)
    {
        try
        {
            var restored = folder.Read(step, plan);
            return plan.Probe is null
                ? restored
                : restored with { Earlier = ProbeRun.Needs(restored.Open).ToDictionary(version => version, version => folder.ReadVersion(version, plan)) };
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            throw new RpcException(new Status(StatusCode.DataLoss, e.Message));
        }
    }
}

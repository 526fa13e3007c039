using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Security.Access;
using DistTrain.Security.Callers;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Queue;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>The front door of the cluster, the same on every silo.</summary>
internal sealed class TrainingJobsService(
    IGrainFactory grains, JobAccess access, JobFollower follower, JobFiles files, ProbeResolution probes, StartCheck starts, MicroBatchResolution sizes, DatasetCache datasets, SiloOptions options, SiloServers all) : TrainingJobs.TrainingJobsBase
{
    /// <summary>A status travels in HTTP/2 headers, which are bounded.</summary>
    private const int MaxProblems = 25;

    public override async Task<SubmitResponse> Submit(SubmitRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context.GetHttpContext().User);
        var job = Placed(ProbeFile.Is(request.JobFile) ? await ProbeAsync(request, caller) : Read(request.JobFile));
        var jobId = request.JobId.Length > 0 ? request.JobId : $"{job.Name}-{Guid.NewGuid().ToString("N")[..8]}";
        JobAccess.RequireJobId(jobId);
        context.GetHttpContext().AboutJob(jobId);
        var grain = grains.GetGrain<IJobGrain>(jobId);
        (job, var preparation) = await PrepareAsync(job, (await grain.DescribeAsync()).JobFile, context.CancellationToken);
        RequireWithinLimits(job, preparation, caller);
        // Of a job that trains the servers say so when they are opened: what it takes does not depend on how long it is.
        if (job.Spec.Probe is not null && await probes.MemoryProblemAsync(jobId, job, preparation.Layout) is { } tooLarge)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, tooLarge));
        if (!await grain.SubmitAsync(JobFile.Write(job), caller.Name, preparation.Data))
            throw new RpcException(new Status(StatusCode.AlreadyExists, $"job '{jobId}' exists with another job file, or is somebody else's"));
        await EnqueueAsync(jobId, job, caller, caller.Name, grain);
        return new SubmitResponse { JobId = jobId };
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context)
    {
        await access.OwnAsync(request.JobId, context.GetHttpContext());
        await follower.FollowAsync(request.JobId, request.FromStep, responseStream, context.CancellationToken);
    }

    public override async Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context.GetHttpContext().User);
        var response = new ListResponse();
        response.Jobs.AddRange((await access.AllAsync()).Where(job => JobAccess.IsOf(caller, job)).Select(JobMapping.ToSummary));
        return response;
    }

    public override async Task<JobSummary> Cancel(CancelRequest request, ServerCallContext context) =>
        JobMapping.ToSummary(await access.CancelAsync(request.JobId, context.GetHttpContext()));

    public override async Task<JobSummary> Resume(ResumeRequest request, ServerCallContext context)
    {
        JobAccess.RequireJobId(request.JobId);
        context.GetHttpContext().AboutJob(request.JobId);
        var caller = Caller.Of(context.GetHttpContext().User);
        var grain = grains.GetGrain<IJobGrain>(request.JobId);
        var known = await grain.DescribeAsync();
        if (known.Exists)
            JobAccess.RequireOwn(caller, known);
        else if (!caller.IsOperator)
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"the cluster has no record of job '{request.JobId}', so only an operator may resume it"));
        var stored = known.Exists ? null : await SavedAsync(request.JobId);
        // One that was lost before anything was saved begins anew, if the client knows what it was.
        if (!known.Exists && stored is null && request.JobFile.Length == 0)
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no job '{request.JobId}', and no checkpoint of it"));
        var before = stored?.JobFile ?? known.JobFile;
        var (job, preparation) = await PrepareAsync(Read(request.JobFile.Length > 0 ? request.JobFile : before), before, context.CancellationToken);
        var differences = known.Exists ? await grain.ResumeAsync(JobFile.Write(job)) : Differences(stored, request.JobId, job, preparation);
        if (differences.Count > 0)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, string.Join('\n', differences.Take(MaxProblems))));
        if (!known.Exists)
            await grain.SubmitAsync(JobFile.Write(job), caller.Name, preparation.Data);
        await EnqueueAsync(request.JobId, job, caller, known.Exists ? known.Submitter : caller.Name, grain);
        return JobMapping.ToSummary(await grain.DescribeAsync());
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadChunk> responseStream, ServerCallContext context) =>
        await files.SendAsync(await access.OwnAsync(request.JobId, context.GetHttpContext()), responseStream, context.CancellationToken);

    private IReadOnlyList<string> Differences(SavedJob? stored, string jobId, TrainingJob job, JobPreparation preparation) =>
        stored?.Differences(jobId, job, preparation, (was, now) => datasets.Describe(job.Spec.Dataset, new Dictionary<string, string>(), was, now)) ?? [];

    /// <summary>What one job may take; how many there may be is the queue's.</summary>
    private void RequireWithinLimits(TrainingJob job, JobPreparation preparation, Caller caller)
    {
        var asked = new SubmitterLimits(
            Parameters: preparation.Layout.ParameterCount,
            Bytes: JobMemory.Bytes(job.Spec, preparation.Layout, preparation.Layout.Length),
            Steps: job.Spec.Probe?.Plan.MostProducts(preparation.Layout.ParameterCount) ?? JobRates.Curve(job.Spec, preparation.Data.TrainExamples).TotalSteps);
        Refuse([.. LimitsOf(caller).Exceeded(asked)]);
    }

    private async Task EnqueueAsync(string jobId, TrainingJob job, Caller caller, string submitter, IJobGrain grain)
    {
        var limits = LimitsOf(caller);
        var exceeded = await grains.GetGrain<IQueueGrain>(0).EnqueueAsync(
            new QueuedJob(jobId, submitter, job.Spec.Workers, Started: false), new QueueLimits(limits.Jobs, limits.Ranks));
        if (exceeded.Count > 0)
            await grain.WithdrawAsync();
        Refuse(exceeded);
    }

    private SubmitterLimits LimitsOf(Caller caller) => caller.IsOperator ? new SubmitterLimits() : options.Admission.Access.LimitsOf(caller.Name);

    private static void Refuse(IReadOnlyList<string> exceeded)
    {
        if (exceeded.Count > 0)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, string.Join('\n', exceeded)));
    }

    /// <summary>A probe looks at weights of a job of its submitter's; what lies elsewhere on the servers' disks is an operator's to name.</summary>
    private async Task<TrainingJob> ProbeAsync(SubmitRequest request, Caller caller)
    {
        var (probe, problems) = ProbeFile.Read(request.JobFile, "job file", []);
        if (probe is null)
            throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', problems.Take(MaxProblems))));
        var looked = probe.Recipe.Weights.Job is { } id ? await grains.GetGrain<IJobGrain>(id).DescribeAsync() : null;
        if (looked is { Exists: true })
            JobAccess.RequireOwn(caller, looked);
        else if (!caller.IsOperator)
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"{probe.Recipe.Weights} is no job that the cluster has a record of, so only an operator may look at it"));
        var known = JobId.IsValid(request.JobId) ? await grains.GetGrain<IJobGrain>(request.JobId).DescribeAsync() : null;
        var before = known is { Exists: true } ? JobFile.Read(known.JobFile, request.JobId, []).Job : null;
        var (job, wrong) = await probes.OfAsync(probe, before);
        return job ?? throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', wrong)));
    }

    private static TrainingJob Read(string jobFile)
    {
        var read = JobFile.Read(jobFile, "job file", []);
        return read.Job ?? throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', read.Problems.Take(MaxProblems))));
    }

    /// <summary>
    /// A job's record says where its data lie wherever it is read: a relative path starts from <c>--data-root</c>, or else from the folder that this silo
    /// was started in, and is then kept in full.
    /// </summary>
    private TrainingJob Placed(TrainingJob job) => options.DataRoot is null ? job.WithPaths(Path.GetFullPath) : job;

    /// <summary>
    /// Data that can't be read, a model that does not fit it, and what a job can't start from, are the submitter's mistakes: said at once, not when the
    /// job starts.
    /// </summary>
    /// <param name="job">As it is wanted.</param>
    /// <param name="before">The job file that is known under its id; empty: none. What that started from is not looked at again.</param>
    /// <param name="stop">The submitter has gone.</param>
    private async Task<(TrainingJob Job, JobPreparation Preparation)> PrepareAsync(TrainingJob job, string before, CancellationToken stop)
    {
        // What a job left open once stays as it was answered.
        if (before.Length > 0)
            job = job.AnsweredLike(Read(before));
        job = job.On(options.Devices.Resolve(job.Spec.Device));
        if (SiloCheck.Problems(job.Spec, options).ToList() is { Count: > 0 } others)
            throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', others)));
        try
        {
            var preparation = await JobPreparation.OfAsync(job.Spec, datasets);
            var (started, against) = before.Length > 0 ? (job, []) : await starts.OfAsync(job, preparation);
            List<string> problems = [.. preparation.Problems(job.Spec), .. against];
            return problems.Count == 0 ? (await sizes.AnswerAsync(started!, preparation, stop), preparation) : throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', problems.Take(MaxProblems))));
        }
        catch (Exception e) when (e is Torch.Data.Examples.DatasetException or Torch.Passes.ModelException or MicroBatchException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
    }

    /// <summary>A job that only the servers know.</summary>
    private async Task<SavedJob?> SavedAsync(string jobId)
    {
        using var servers = await all.AllAsync();
        return SavedJob.Of(await servers.ListCheckpointsAsync(jobId));
    }
}

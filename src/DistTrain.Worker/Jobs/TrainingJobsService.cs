using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Worker.Hosting;
using DistTrain.Worker.Ranks;
using Grpc.Core;

namespace DistTrain.Worker.Jobs;

/// <summary>The front door of the cluster, the same on every silo.</summary>
internal sealed class TrainingJobsService(IGrainFactory grains, JobFollower follower, JobFiles files, DatasetCache datasets, SiloOptions options, TimeProvider time) : TrainingJobs.TrainingJobsBase
{
    /// <summary>A status travels in HTTP/2 headers, which are bounded.</summary>
    private const int MaxProblems = 25;

    public override async Task<SubmitResponse> Submit(SubmitRequest request, ServerCallContext context)
    {
        var job = Read(request.JobFile);
        await PrepareAsync(job);
        var jobId = request.JobId.Length > 0 ? request.JobId : $"{job.Name}-{Guid.NewGuid().ToString("N")[..8]}";
        RequireJobId(jobId);
        if (!await grains.GetGrain<IJobGrain>(jobId).SubmitAsync(JobFile.Write(job)))
            throw new RpcException(new Status(StatusCode.AlreadyExists, $"job '{jobId}' exists with another job file"));
        await grains.GetGrain<IQueueGrain>(0).EnqueueAsync(jobId, job.Spec.Workers);
        return new SubmitResponse { JobId = jobId };
    }

    public override Task Watch(WatchRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context)
    {
        RequireJobId(request.JobId);
        return follower.FollowAsync(request.JobId, request.FromStep, responseStream, context.CancellationToken);
    }

    public override async Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        var ids = await grains.GetGrain<IQueueGrain>(0).ListAsync();
        var descriptions = await Task.WhenAll(ids.Select(id => grains.GetGrain<IJobGrain>(id).DescribeAsync()));
        var response = new ListResponse();
        response.Jobs.AddRange(descriptions.Select(JobMapping.ToSummary));
        return response;
    }

    public override async Task<JobSummary> Cancel(CancelRequest request, ServerCallContext context)
    {
        RequireJobId(request.JobId);
        var job = grains.GetGrain<IJobGrain>(request.JobId);
        await follower.DescribeAsync(request.JobId);
        await job.CancelAsync();
        return JobMapping.ToSummary(await job.DescribeAsync());
    }

    public override async Task<JobSummary> Resume(ResumeRequest request, ServerCallContext context)
    {
        RequireJobId(request.JobId);
        var grain = grains.GetGrain<IJobGrain>(request.JobId);
        var known = await grain.DescribeAsync();
        var stored = known.Exists ? null : await SavedAsync(request.JobId);
        // One that was lost before anything was saved begins anew, if the client knows what it was.
        if (!known.Exists && stored is null && request.JobFile.Length == 0)
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no job '{request.JobId}', and no checkpoint of it"));
        var job = Read(request.JobFile.Length > 0 ? request.JobFile : stored?.JobFile ?? known.JobFile);
        var preparation = await PrepareAsync(job);
        var differences = known.Exists ? await grain.ResumeAsync(JobFile.Write(job)) : stored?.Differences(request.JobId, job, preparation) ?? [];
        if (differences.Count > 0)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, string.Join('\n', differences.Take(MaxProblems))));
        if (!known.Exists)
            await grain.SubmitAsync(JobFile.Write(job));
        await grains.GetGrain<IQueueGrain>(0).EnqueueAsync(request.JobId, job.Spec.Workers);
        return JobMapping.ToSummary(await grain.DescribeAsync());
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadChunk> responseStream, ServerCallContext context)
    {
        RequireJobId(request.JobId);
        await files.SendAsync(await follower.DescribeAsync(request.JobId), responseStream, context.CancellationToken);
    }

    private static TrainingJob Read(string jobFile)
    {
        var read = JobFile.Read(jobFile, "job file", []);
        return read.Job ?? throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join('\n', read.Problems.Take(MaxProblems))));
    }

    /// <summary>Data that can't be read and a model that does not fit it are the submitter's mistakes: said at once, not when the job starts.</summary>
    private async Task<JobPreparation> PrepareAsync(TrainingJob job)
    {
        try
        {
            var preparation = await JobPreparation.OfAsync(job.Spec, datasets);
            return ScheduleCheck.Problem(job.Spec, preparation.TrainExamples) is { } problem
                ? throw new RpcException(new Status(StatusCode.InvalidArgument, $"spec.schedule: {problem}"))
                : preparation;
        }
        catch (Exception e) when (e is Torch.Data.DatasetException or Torch.Models.ModelException)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
    }

    /// <summary>A job that only the servers know.</summary>
    private async Task<SavedJob?> SavedAsync(string jobId)
    {
        using var servers = new ServerControl(options.Servers, time);
        return SavedJob.Of(await servers.ListCheckpointsAsync(jobId));
    }

    private static void RequireJobId(string jobId)
    {
        if (!JobId.IsValid(jobId))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{jobId}' is not a job id: lower-case letters, digits and dashes, at most 63"));
    }
}

using DistTrain.Recipes;
using DistTrain.Security.Callers;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Queue;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Which jobs a caller sees, and may end: the same by gRPC and in a browser.</summary>
internal sealed class JobAccess(IGrainFactory grains, JobFollower follower)
{
    /// <summary>All jobs, in order of submission.</summary>
    public async Task<IReadOnlyList<JobDescription>> AllAsync()
    {
        var ids = await grains.GetGrain<IQueueGrain>(0).ListAsync();
        return await Task.WhenAll(ids.Select(id => grains.GetGrain<IJobGrain>(id).DescribeAsync()));
    }

    /// <summary>The job is the caller's to see and to act upon.</summary>
    public static bool IsOf(Caller caller, JobDescription job) => caller.IsOperator || job.Submitter == caller.Name;

    /// <exception cref="RpcException">PERMISSION_DENIED: it is not.</exception>
    public static void RequireOwn(Caller caller, JobDescription job)
    {
        if (!IsOf(caller, job))
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"job '{job.JobId}' is not {caller.Name}'s"));
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: it is no id of a job.</exception>
    public static void RequireJobId(string jobId)
    {
        if (!JobId.IsValid(jobId))
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{jobId}' is not a job id: lower-case letters, digits and dashes, at most 63"));
    }

    /// <summary>The job that a call is about, if it is the caller's.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, NOT_FOUND or PERMISSION_DENIED.</exception>
    public async Task<JobDescription> OwnAsync(string jobId, HttpContext context)
    {
        RequireJobId(jobId);
        context.AboutJob(jobId);
        var job = await follower.DescribeAsync(jobId);
        RequireOwn(Caller.Of(context.User), job);
        return job;
    }

    /// <summary>Ends a job of the caller's; one that has ended stays as it is.</summary>
    /// <returns>How it is now.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT, NOT_FOUND or PERMISSION_DENIED.</exception>
    public async Task<JobDescription> CancelAsync(string jobId, HttpContext context)
    {
        await OwnAsync(jobId, context);
        var job = grains.GetGrain<IJobGrain>(jobId);
        await job.CancelAsync();
        return await job.DescribeAsync();
    }
}

using DistTrain.ParameterServer.Tests.Fixtures;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>Only versions at rest are read, from memory and later from disk.</summary>
[Trait("Kind", "Fast")]
public sealed class ReadVersionTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task The_same_bits_come_from_memory_and_after_release_from_disk()
    {
        using var folder = new TempFolder();
        await using var first = await RealServer.StartAsync(folder.Path);
        await using var second = await RealServer.StartAsync(folder.Path);
        var job = await new TinyJob([first, second]).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(3);
        await ranks.LeaveAsync();
        var expected = ReferenceTraining.After(job, 3).Vector;
        // Finished is at rest: it need not be stopped.
        await job.FinishedAsync();
        SameBits.Check(expected, await job.ReadVersionAsync());
        await job.StopAsync();
        SameBits.Check(expected, await job.ReadVersionAsync());
        await job.SealAsync(3, 3);
        await job.ReleaseAsync();
        SameBits.Check(expected, await job.ReadVersionAsync());
    }

    [Fact]
    public async Task A_job_that_trains_is_not_read()
    {
        var job = await new TinyJob(server).OpenAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(job.ReadVersionAsync);
        Assert.Equal((StatusCode.FailedPrecondition, $"job '{job.Id}' is still training"), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task A_job_without_files_is_not_found()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(new TinyJob(server).ReadVersionAsync);
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains("no checkpoint here", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_that_is_no_folder_name_is_refused()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(new TinyJob(server) { Id = "../outside" }.ReadVersionAsync);
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }
}

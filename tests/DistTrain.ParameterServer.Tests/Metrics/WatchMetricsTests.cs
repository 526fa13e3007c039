using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>The committed history, live and from the file.</summary>
[Trait("Kind", "Fast")]
public sealed class WatchMetricsTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task A_watcher_gets_each_step_from_a_step_on_until_training_is_stopped()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        // One comes while training goes on and one before: both see the same.
        using var watching = Watch(job, fromStep: 2);
        await ranks.StepAsync(1);
        Assert.True(await watching.ResponseStream.MoveNext(default).For("step 2 is seen while training goes on"));
        Assert.Equal(2, watching.ResponseStream.Current.Step.Step);
        await ranks.StepAsync(2);
        await ranks.LeaveAsync();
        await job.StopAsync();
        Assert.Equal([3], (await RestAsync(watching)).Select(m => m.Step.Step));
        using var late = Watch(job, fromStep: 2);
        Assert.Equal([2, 3], (await RestAsync(late)).Select(m => m.Step.Step));
    }

    [Fact]
    public async Task After_release_the_history_comes_from_the_file()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(3);
        await ranks.LeaveAsync();
        await job.StopAsync();
        using var fromMemory = Watch(job, fromStep: 2);
        var expected = await RestAsync(fromMemory);
        await job.ReleaseAsync();
        using var fromFile = Watch(job, fromStep: 2);
        var actual = await RestAsync(fromFile);
        Assert.Equal(2, actual.Count);
        // Times are rounded in the file; everything else is the same.
        foreach (var step in expected.Concat(actual).Select(m => m.Step))
            step.Milliseconds = Math.Round(step.Milliseconds, 3);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task The_file_has_a_line_for_each_step_with_what_the_ranks_said()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(3);
        await ranks.LeaveAsync();
        await job.StopAsync();
        var steps = (await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"))).Select(line => MetricsJson.Read(line).Step).ToList();
        Assert.Equal([1, 2, 3], steps.Select(s => s.Step));
        Assert.Equal([4 / 12.0, 8 / 12.0, 1], steps.Select(s => s.Epoch));
        Assert.All(steps, s => Assert.Equal((4, 0.5, 1), (s.Examples, s.Accuracy, s.ComputeMilliseconds)));
        Assert.All(steps, s => Assert.Equal(job.Job.Spec.Optimizer.Options.Number("lr"), s.LearningRate));
        // FakeRank says 1 + 0.1 · rank + step for its examples.
        Assert.Equal([2.1 / 4, 4.1 / 4, 6.1 / 4], steps.Select(s => s.Loss), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    /// <summary>It was "Exception was thrown by handler", which a watcher tries again for minutes.</summary>
    [Fact]
    public async Task A_last_line_that_was_cut_off_is_left_out_and_a_damaged_one_is_named()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(3);
        await ranks.LeaveAsync();
        await job.StopAsync();
        await job.ReleaseAsync();
        var path = Path.Combine(job.Folder, MetricsLine.FileName);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length - 20);
        using var cut = Watch(job, fromStep: 0);
        Assert.Equal([1, 2], (await RestAsync(cut)).Select(m => m.Step.Step));

        var lines = await File.ReadAllLinesAsync(path);
        await File.WriteAllLinesAsync(path, [lines[0], "nothing", lines[1]]);
        using var damaged = Watch(job, fromStep: 0);
        var refused = await Assert.ThrowsAsync<RpcException>(() => RestAsync(damaged));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains($"{path}:2: ", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_without_a_history_is_not_found()
    {
        using var watching = Watch(new TinyJob(server), fromStep: 0);
        var refused = await Assert.ThrowsAsync<RpcException>(() => RestAsync(watching));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains("has no metrics on this server", refused.Status.Detail, StringComparison.Ordinal);
    }

    private AsyncServerStreamingCall<MetricsEvent> Watch(TinyJob job, long fromStep) =>
        server.Partitions.WatchMetrics(new WatchMetricsRequest { JobId = job.Id, FromStep = fromStep });

    private static async Task<List<MetricsEvent>> RestAsync(AsyncServerStreamingCall<MetricsEvent> watching)
    {
        var rest = new List<MetricsEvent>();
        while (await watching.ResponseStream.MoveNext(default).For($"the history ends; {rest.Count} events have come"))
            rest.Add(watching.ResponseStream.Current);
        return rest;
    }
}

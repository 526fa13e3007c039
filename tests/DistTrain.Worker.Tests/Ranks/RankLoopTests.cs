using DistTrain.Recipes;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Worker.Ranks;
using DistTrain.Worker.Tests.Doubles;
using DistTrain.Worker.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistTrain.Worker.Tests.Ranks;

/// <summary>A rank's life on a real stream to a server that a test scripts.</summary>
[Trait("Kind", "Fast")]
public sealed class RankLoopTests : IAsyncLifetime
{
    private readonly SmallJob _job = new();
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private ScriptedServer _server = null!;
    private RankLoop? _loop;

    public async ValueTask InitializeAsync() => _server = await ScriptedServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task It_joins_pulls_computes_pushes_and_ends_with_the_job()
    {
        Start();
        var stream = await _server.RankAsync();
        var join = await stream.TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        Assert.Equal(("small", 1L, 1, _job.Layout.Hash, _job.Data.Fingerprint), (join.JobId, join.Generation, join.Rank, join.LayoutHash, join.DataFingerprint));
        var (gradient, contribution) = await stream.GradientAsync(0, _job.Layout);
        Assert.Equal(_job.GradientOf(1).Gradient, gradient);
        Assert.Equal((1, 4), (contribution.Rank, contribution.Examples));
        await stream.GiveAsync(SmallJob.Head(1, take: 0), _job.Layout, _job.Vector);
        Assert.Null(await stream.NextAsync("the rank leaves"));
        stream.End();
        await StateAsync(RankState.Finished);
        Assert.False(_loop!.IsLost);
    }

    /// <summary>A server that is started again, or a network that was away: the open step is computed again, with the same bits.</summary>
    [Fact]
    public async Task A_cut_stream_makes_it_join_again_and_repeat_the_open_step()
    {
        Start();
        var first = await _server.RankAsync();
        await first.TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        var (before, _) = await first.GradientAsync(0, _job.Layout);
        first.End(new Status(StatusCode.Unavailable, "the server leaves"));
        var second = await _server.RankAsync();
        await second.TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        Assert.Equal(before, (await second.GradientAsync(0, _job.Layout)).Gradient);
        Assert.Equal(RankState.Running, _loop!.Progress(movedFrom: null).State);
    }

    [Fact]
    public async Task One_that_cannot_join_says_why_and_goes_on_once_it_can()
    {
        await _server.CloseAsync();
        Start();
        var seen = await Waiting.UntilAsync(() => Task.FromResult(_loop!.Progress(movedFrom: null)), p => p.Waits is not null, "the rank says why it waits");
        Assert.Equal(RankState.Running, seen.State);
        Assert.Contains(_server.Endpoint, seen.Waits, StringComparison.Ordinal);
        await _server.OpenAsync();
        await (await _server.RankAsync()).TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        await Waiting.UntilAsync(() => Task.FromResult(_loop!.Progress(movedFrom: null)), p => p.Waits is null, "the rank does not wait any more");
    }

    /// <summary>A newer activation of the rank has taken its place, and may be lost itself: whoever asks the rank to run starts it again.</summary>
    [Fact]
    public async Task One_whose_stream_the_server_ended_for_another_is_lost_and_has_not_failed()
    {
        Start();
        var stream = await _server.RankAsync();
        await stream.TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        stream.End(new Status(StatusCode.Aborted, "superseded"));
        await Waiting.UntilAsync(() => Task.FromResult(_loop!.IsLost), lost => lost, "the rank is lost");
        Assert.Null(_loop!.Progress(movedFrom: null).Fault);
    }

    [Fact]
    public async Task A_refusal_ends_it_with_the_reason()
    {
        Start();
        (await _server.RankAsync()).End(new Status(StatusCode.FailedPrecondition, "another layout"));
        Assert.Equal("rank 1: FailedPrecondition: another layout", (await StateAsync(RankState.Failed)).Fault);
    }

    /// <summary>Sixteen examples fit on the device, and a pass has 32: the server is never asked.</summary>
    [Fact]
    public async Task One_whose_device_has_no_memory_for_a_pass_says_which_micro_batch_fits_there()
    {
        var job = new SmallJob("model.name=softmax", "batch=64", "device=cuda");
        var bytes = sizeof(float) * job.Model.InputShape.Aggregate(1, (product, side) => product * side);
        var devices = DeviceSet.Of([TensorDevice.OfTests(largest: 20 * bytes)], without: "", chosen: null).Devices;
        var assignment = job.Assignment(1, _server.Endpoint) with { Arithmetic = NativeEnvironment.Arithmetic(Precisions.Float32, devices.KindOf(DeviceKinds.Cuda)) };
        _loop = RankLoop.Start(assignment, SmallJob.Home with { Devices = devices }, new DatasetCache(SmallJob.SiloOf()), NullLogger.Instance);
        Assert.Equal(
            "rank 1 on silo silo: memory does not suffice for 32 examples in a pass (device: cuda); a pass of 16 fits there: write 'microBatch: 16', or 'auto'",
            (await StateAsync(RankState.Failed)).Fault);
    }

    /// <summary>It is so from the start here; in the middle of a step in <c>DeviceTests</c>.</summary>
    [Fact]
    public async Task One_whose_device_is_gone_is_lost_and_not_failed_and_its_silo_is_told()
    {
        var job = new SmallJob("model.name=softmax", "batch=64", "device=cuda");
        var devices = DeviceSet.Of([TensorDevice.OfTests(copies: 0)], without: "", chosen: null).Devices;
        var assignment = job.Assignment(1, _server.Endpoint) with { Arithmetic = NativeEnvironment.Arithmetic(Precisions.Float32, devices.KindOf(DeviceKinds.Cuda)) };
        _loop = RankLoop.Start(assignment, SmallJob.Home with { Devices = devices }, new DatasetCache(SmallJob.SiloOf()), NullLogger.Instance);
        Assert.Equal($"rank 1 of job '{assignment.JobId}' has lost its device: CUDA error: uncorrectable ECC error encountered", await devices.Lost.For("the loss"));
        await Waiting.UntilAsync(() => _loop.IsLost, "the loop to end", () => $"{_loop.Progress(movedFrom: null)}");
        Assert.Null(_loop.Progress(movedFrom: null).Fault);
    }

    [Fact]
    public async Task It_stops_while_it_waits_for_a_version()
    {
        Start();
        var stream = await _server.RankAsync();
        await stream.TakeInAsync(SmallJob.Head(0), _job.Layout, _job.Vector);
        await stream.GradientAsync(0, _job.Layout);
        await _loop!.DisposeAsync().AsTask().WaitAsync(_stop).For("the rank stops");
        _loop = null;
    }

    private void Start() =>
        _loop = RankLoop.Start(_job.Assignment(1, _server.Endpoint), SmallJob.Home, new DatasetCache(SmallJob.SiloOf()), NullLogger.Instance);

    private Task<RankProgress> StateAsync(RankState state) =>
        Waiting.UntilAsync(() => Task.FromResult(_loop!.Progress(movedFrom: null)), progress => progress.State == state, $"the rank is {state}");
}

using DistTrain.Protocol;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Tests.Doubles;
using DistTrain.Worker.Tests.Fixtures;
using Grpc.Core;

namespace DistTrain.Worker.Tests.Jobs.Driving;

/// <summary>A job's grain with its real ranks, on two silos in this process, and a server over a real connection that a test scripts.</summary>
[Trait("Kind", "Fast")]
public sealed class JobGrainTests : IAsyncLifetime
{
    private const string Id = "small";

    private readonly SmallJob _job = new();
    private ScriptedServer _server = null!;
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync();
        _silos = await TestSilos.StartAsync(_server.Endpoint);
        Assert.True(await _silos.Job(Id).SubmitAsync(_job.File, "anna", _job.Record));
    }

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null)
            await _silos.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task It_waits_for_its_turn_opens_its_servers_once_and_runs_its_ranks()
    {
        var queued = await _silos.TickAsync(Id);
        Assert.Equal((JobPhase.Queued, JobDecision.Turn), (queued.Phase, queued.Decision));
        _silos.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Contains("waits for its turn", (await _silos.Job(Id).DescribeAsync()).Waits, StringComparison.Ordinal);
        Assert.DoesNotContain("status", _server.Calls);
        var job = await StartAsync();
        Assert.Equal((JobPhase.Running, 10L, null), (job.Phase, job.TotalSteps, job.Waits));
        Assert.Equal("it trains", job.Decision);
        Assert.Equal([_server.Endpoint], job.Servers);
        await _server.RankAsync();
        await _server.RankAsync();
        await _silos.TickAsync(Id);
        Assert.Equal("open 1 at 0", Assert.Single(_server.Calls, call => call.StartsWith("open", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_that_has_lost_it_opens_the_next_generation_at_the_newest_checkpoint()
    {
        await StartAsync();
        (_server.Status, _server.Stored) = (null, new StoredCheckpoints { Checkpoints = { new StoredCheckpoint { Step = 5, Sealed = true } } });
        await _silos.TickAsync(Id);
        var job = await _silos.TickAsync(Id);
        Assert.Contains("open 2 at 5", _server.Calls);
        Assert.Contains("generation 2 goes on from step 5; 0 step(s) are done again", job.Log.Select(line => line.Text));
        Assert.Equal(5, job.Step);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_passed_over_for_the_one_before()
    {
        _server.Stored = new StoredCheckpoints { Checkpoints = { new StoredCheckpoint { Step = 3, Sealed = true }, new StoredCheckpoint { Step = 5, Sealed = true } } };
        _server.RefusesOpening = request => request.RestoredStep == 5 ? new Status(StatusCode.DataLoss, "checkpoints/step-5: SHA-256") : null;
        await StartAsync();
        await _silos.TickAsync(Id);
        Assert.Equal(["open 1 at 5", "open 2 at 3"], _server.Calls.Where(call => call.StartsWith("open", StringComparison.Ordinal)));
    }

    /// <summary>They do not add up: the server has answered in between.</summary>
    [Fact]
    public async Task Two_outages_of_six_minutes_with_a_good_minute_between_do_not_fail_it()
    {
        await StartAsync();
        for (var outage = 0; outage < 2; outage++)
        {
            await _server.CloseAsync();
            await _silos.TickAsync(Id);
            _silos.Time.Advance(TimeSpan.FromMinutes(6));
            var away = await _silos.TickAsync(Id);
            Assert.Equal(JobPhase.Running, away.Phase);
            Assert.Contains($"waits for server {_server.Endpoint}", away.Waits, StringComparison.Ordinal);
            await _server.OpenAsync();
            await _silos.TickUntilAsync(Id, job => job.Waits?.Contains("waits for server", StringComparison.Ordinal) != true, "the server answers");
            _silos.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await _server.CloseAsync();
        await _silos.TickAsync(Id);
        _silos.Time.Advance(TimeSpan.FromMinutes(10));
        var ended = await _silos.TickAsync(Id);
        Assert.Equal(JobPhase.Failed, ended.Phase);
        Assert.StartsWith($"a parameter server: Unavailable: server {_server.Endpoint}: ", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_disk_that_its_ranks_wait_for_is_said()
    {
        await StartAsync();
        _server.Status!.AwaitedSave = 20;
        await _silos.TickAsync(Id);
        _silos.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains($"waits for the disk of server {_server.Endpoint} since ", (await _silos.TickAsync(Id)).Waits, StringComparison.Ordinal);
        _server.Status.ClearAwaitedSave();
        var job = await _silos.TickUntilAsync(Id, job => job.Waits is null, "it waits no longer");
        Assert.Contains(job.Log, line => line.Text.StartsWith($"no longer waits for the disk of server {_server.Endpoint}, after 5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_all_servers_have_saved_is_sealed_and_a_server_that_leaves_is_handed_over()
    {
        await StartAsync();
        _server.Status!.Saved.Add(new CheckpointPart { Step = 5 });
        await _silos.TickAsync(Id);
        Assert.Contains("seal 5", _server.Calls);
        _server.Status.Leaving = true;
        await _silos.TickAsync(Id);
        Assert.Equal(["stop", "release"], _server.Calls.TakeLast(2));
        Assert.Contains($"server {_server.Endpoint} leaves: the servers go on from a checkpoint", (await _silos.Job(Id).DescribeAsync()).Log.Select(line => line.Text));
    }

    [Fact]
    public async Task It_is_cancelled_saved_and_resumed()
    {
        await StartAsync();
        await _silos.Job(Id).CancelAsync();
        var cancelled = await _silos.TickUntilAsync(Id, job => job.Phase == JobPhase.Cancelled, "it is cancelled");
        Assert.Null(cancelled.Error);
        Assert.Equal(["stop", "release"], _server.Calls.TakeLast(2));
        Assert.NotEmpty(await _silos.Job(Id).ResumeAsync(new SmallJob("seed=2").File));
        Assert.Empty(await _silos.Job(Id).ResumeAsync(_job.File));
        await StartAsync();
        Assert.Contains("open 2 at 0", _server.Calls);
    }

    [Fact]
    public async Task A_fault_of_its_numbers_ends_it_with_the_reason()
    {
        await StartAsync();
        _server.Status!.Fault = new StepFault { Step = 7, Reason = "step 7, rank 1: the loss is NaN" };
        var job = await _silos.TickAsync(Id);
        Assert.Equal((JobPhase.Failed, "step 7, rank 1: the loss is NaN"), (job.Phase, job.Error));
    }

    private async Task<JobDescription> StartAsync()
    {
        await _silos.Job(Id).StartAsync();
        return await _silos.TickAsync(Id);
    }
}

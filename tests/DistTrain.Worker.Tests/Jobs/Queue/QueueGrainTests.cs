using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Queue;
using DistTrain.Worker.Tests.Doubles;
using DistTrain.Worker.Tests.Fixtures;

namespace DistTrain.Worker.Tests.Jobs.Queue;

/// <summary>The cluster's queue with the grains of its jobs, on two silos in this process. Nothing gives a sign of life but the test.</summary>
[Trait("Kind", "Fast")]
public sealed class QueueGrainTests : IAsyncLifetime
{
    private readonly SmallJob _job = new();
    private ScriptedServer _server = null!;
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync();
        _silos = await TestSilos.StartAsync(_server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null)
            await _silos.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>The first starts on whatever there is; further ones once there are slots for all ranks.</summary>
    [Fact]
    public async Task Jobs_start_in_order_as_slots_allow_and_slots_of_a_silent_silo_do_not_count()
    {
        foreach (var id in (string[])["first", "second", "third"])
            await EnqueueAsync(id);
        Assert.Equal(["first", "second", "third"], await _silos.Queue.ListAsync());
        Assert.Equal([JobPhase.Running, JobPhase.Queued, JobPhase.Queued], await PhasesAsync());
        await _silos.Queue.PulseAsync("silo-a", 4);
        Assert.Equal([JobPhase.Running, JobPhase.Running, JobPhase.Queued], await PhasesAsync());
        _silos.Time.Advance(TimeSpan.FromSeconds(6));
        await _silos.Queue.PulseAsync("silo-b", 5);
        Assert.Equal(JobPhase.Queued, (await PhasesAsync())[2]);
        await _silos.Queue.PulseAsync("silo-a", 1);
        Assert.Equal(JobPhase.Running, (await PhasesAsync())[2]);
    }

    [Fact]
    public async Task One_that_has_ended_makes_room()
    {
        await EnqueueAsync("first");
        await EnqueueAsync("second");
        await _silos.Job("first").CancelAsync();
        await Waiting.UntilAsync(() => _silos.Job("first").DescribeAsync(), job => job.Phase == JobPhase.Cancelled, "the first is cancelled");
        await _silos.Queue.PulseAsync("silo-a", 1);
        Assert.Equal(JobPhase.Running, (await _silos.Job("second").DescribeAsync()).Phase);
    }

    /// <summary>It waited for its turn for ever: in the list it counted as started.</summary>
    [Fact]
    public async Task One_that_has_ended_and_is_resumed_before_anybody_looked_runs_again()
    {
        await EnqueueAsync("first");
        await _silos.Job("first").CancelAsync();
        await Waiting.UntilAsync(() => _silos.Job("first").DescribeAsync(), job => job.Phase == JobPhase.Cancelled, "it is cancelled");
        Assert.Empty(await _silos.Job("first").ResumeAsync(_job.File));
        Assert.Equal([JobPhase.Queued], await PhasesAsync());
        Assert.Empty(await _silos.Queue.EnqueueAsync(new QueuedJob("first", "anna", 2, Started: false), new QueueLimits(null, null)));
        Assert.Equal([JobPhase.Running], await PhasesAsync());
    }

    [Fact]
    public async Task A_submitter_has_no_more_than_his_limit_and_what_is_enqueued_twice_is_there_once()
    {
        await EnqueueAsync("first");
        Assert.Empty(await _silos.Queue.EnqueueAsync(new QueuedJob("first", "anna", 2, Started: false), new QueueLimits(1, null)));
        Assert.NotEmpty(await _silos.Queue.EnqueueAsync(new QueuedJob("second", "anna", 2, Started: false), new QueueLimits(1, null)));
        Assert.Equal(["first"], await _silos.Queue.ListAsync());
    }

    private async Task EnqueueAsync(string id)
    {
        Assert.True(await _silos.Job(id).SubmitAsync(_job.File, "anna", _job.Record));
        Assert.Empty(await _silos.Queue.EnqueueAsync(new QueuedJob(id, "anna", 2, Started: false), new QueueLimits(null, null)));
    }

    private async Task<List<JobPhase>> PhasesAsync()
    {
        var phases = new List<JobPhase>();
        foreach (var id in await _silos.Queue.ListAsync())
            phases.Add((await _silos.Job(id).DescribeAsync()).Phase);
        return phases;
    }
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Tests.Doubles;
using DistTrain.Worker.Tests.Fixtures;
using Grpc.Core;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistTrain.Worker.Tests.Jobs.Door;

/// <summary>What a watcher is told of a job whose leader a test scripts.</summary>
[Trait("Kind", "Fast")]
public sealed class JobFollowerTests : IAsyncLifetime
{
    private const string Id = "small";

    private readonly SmallJob _job = new();
    private readonly Watcher _watcher = new();
    private readonly ApplicationLifetime _silo = new(NullLogger<ApplicationLifetime>.Instance);
    private ScriptedServer _server = null!;
    private TestSilos _silos = null!;
    private JobFollower _follower = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedServer.StartAsync();
        _silos = await TestSilos.StartAsync(_server.Endpoint);
        _follower = new JobFollower(_silos.Grains, _silo, new PeerChannels(certificates: null), TimeProvider.System);
        await _silos.Job(Id).SubmitAsync(_job.File, "anna", _job.Record);
        await _silos.Job(Id).StartAsync();
        await _silos.TickAsync(Id);
    }

    public async ValueTask DisposeAsync()
    {
        _silo.StopApplication();
        if (_silos is not null)
            await _silos.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Each_step_is_told_once_and_in_order_also_when_the_leader_was_away_and_the_end_comes_last()
    {
        Tell(1, 2, 3);
        var watching = _follower.FollowAsync(Id, fromStep: 2, _watcher, CancellationToken.None);
        await _watcher.SeenAsync("2 3", watching);
        await _server.CloseAsync();
        _server.History = Channel.CreateUnbounded<MetricsEvent>();
        // A leader that is back tells from where it is asked, and steps that were done again are not told again.
        Tell(2, 3, 4);
        await _server.OpenAsync();
        await _watcher.SeenAsync("2 3 4", watching);
        Assert.Contains("watch from 4", _server.Calls);
        _server.History.Writer.Complete();
        await _silos.Job(Id).CancelAsync();
        await watching.For("the watch ends");
        Assert.Equal(JobState.Cancelled, _watcher.Events.Last().Summary.State);
        Assert.Equal("2 3 4", _watcher.Steps);
        Assert.Contains("cancellation requested", _watcher.Events.Where(e => e.Log is not null).Select(e => e.Log.Text));
        Assert.Equal(_watcher.Events.Count(e => e.Log is not null), _watcher.Events.Where(e => e.Log is not null).Select(e => e.Log.Text).Distinct().Count());
    }

    [Fact]
    public async Task A_watch_ends_when_its_silo_leaves_and_a_job_that_is_not_there_is_not_found()
    {
        var watching = _follower.FollowAsync(Id, fromStep: 0, _watcher, CancellationToken.None);
        await Waiting.UntilAsync(() => !_watcher.Events.IsEmpty, "the state is told", () => $"{watching.Status} {watching.Exception}");
        _silo.StopApplication();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.For("the watch ends"));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => _follower.DescribeAsync("other"))).StatusCode);
    }

    private void Tell(params long[] steps)
    {
        foreach (var step in steps)
            _server.History.Writer.TryWrite(new MetricsEvent { Step = new StepMetrics { Step = step } });
    }

    private sealed class Watcher : IServerStreamWriter<JobEvent>
    {
        public ConcurrentQueue<JobEvent> Events { get; } = new();

        public WriteOptions? WriteOptions { get; set; }

        public string Steps => string.Join(' ', Events.Where(e => e.Step is not null).Select(e => e.Step.Step));

        public Task WriteAsync(JobEvent message)
        {
            Events.Enqueue(message);
            return Task.CompletedTask;
        }

        public Task WriteAsync(JobEvent message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task SeenAsync(string steps, Task watching) => Waiting.UntilAsync(() => Steps == steps, $"steps {steps} are told", () => $"{Steps} {watching.Status} {watching.Exception}");
    }
}

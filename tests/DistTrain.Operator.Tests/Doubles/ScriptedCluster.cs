using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>A front door over a real connection; jobs go on as the test says.</summary>
internal sealed class ScriptedCluster : TrainingJobs.TrainingJobsBase, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ScriptedJob> _jobs = new();

    /// <summary>Job files that the servers have, of jobs without a record.</summary>
    private readonly ConcurrentDictionary<string, string> _saved = new();
    private WebApplication? _app;

    public Endpoint Endpoint { get; private set; }

    public ConcurrentQueue<SubmitRequest> Submitted { get; } = new();

    public ConcurrentQueue<string> Cancelled { get; } = new();

    public ConcurrentQueue<ResumeRequest> Resumed { get; } = new();

    /// <summary>Jobs that the cluster has.</summary>
    public IReadOnlyCollection<string> Jobs => [.. _jobs.Keys];

    /// <summary>Why a submission is refused, or null.</summary>
    public Func<Status?> Refuses { get; set; } = () => null;

    public ScriptedJob this[string job] => _jobs[job];

    public static async Task<ScriptedCluster> StartAsync()
    {
        var cluster = new ScriptedCluster();
        await cluster.OpenAsync();
        return cluster;
    }

    /// <summary>Takes calls, at the endpoint it had before.</summary>
    public async Task OpenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Endpoint.Port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<ScriptedCluster>();
        await _app.StartAsync();
        Endpoint = new Endpoint("127.0.0.1", new Uri(_app.Urls.Single()).Port);
    }

    /// <summary>Is away; its jobs stay.</summary>
    public async Task CloseAsync()
    {
        foreach (var job in _jobs.Values)
            job.Break();
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>The cluster has no record of its jobs any more.</summary>
    /// <param name="isSaved">Its servers have something of them.</param>
    public void Forget(bool isSaved = true)
    {
        foreach (var job in Jobs)
        {
            _jobs.TryRemove(job, out var lost);
            if (isSaved)
                _saved[job] = lost!.JobFile;
            lost!.Break();
        }
    }

    public override Task<SubmitResponse> Submit(SubmitRequest request, ServerCallContext context)
    {
        Submitted.Enqueue(request);
        if (Refuses() is { } status)
            throw new RpcException(status);
        if (_jobs.GetOrAdd(request.JobId, _ => new ScriptedJob(request.JobId, request.JobFile)).JobFile != request.JobFile)
            throw new RpcException(new Status(StatusCode.AlreadyExists, $"job '{request.JobId}' exists with another job file, or is somebody else's"));
        return Task.FromResult(new SubmitResponse { JobId = request.JobId });
    }

    public override Task<JobSummary> Resume(ResumeRequest request, ServerCallContext context)
    {
        Resumed.Enqueue(request);
        if (Refuses() is { } status)
            throw new RpcException(status);
        if (_saved.TryRemove(request.JobId, out var saved))
            _jobs.TryAdd(request.JobId, new ScriptedJob(request.JobId, saved));
        var job = Find(request.JobId);
        if (job.Summary.State is JobState.Cancelled)
            job.Become(JobState.Queued);
        return Task.FromResult(job.Summary);
    }

    public override Task Watch(WatchRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context) =>
        Find(request.JobId).TellAsync(request.FromStep, responseStream, context.CancellationToken);

    public override Task<JobSummary> Cancel(CancelRequest request, ServerCallContext context)
    {
        Cancelled.Enqueue(request.JobId);
        var job = Find(request.JobId);
        if (job.Summary.State is not JobState.Completed and not JobState.Failed)
            job.Become(JobState.Cancelled);
        return Task.FromResult(job.Summary);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private ScriptedJob Find(string job) =>
        _jobs.TryGetValue(job, out var found) ? found : throw new RpcException(new Status(StatusCode.NotFound, $"there is no job '{job}'"));
}

/// <summary>A job whose course the test tells.</summary>
internal sealed class ScriptedJob(string id, string jobFile)
{
    private readonly Lock _gate = new();
    private readonly List<JobEvent> _history = [];
    private readonly List<Channel<JobEvent>> _watchers = [];

    public string JobFile => jobFile;

    public JobSummary Summary { get; private set; } = new() { JobId = id, State = JobState.Queued };

    /// <summary>Watches begun so far: the first step that each asked for.</summary>
    public ConcurrentQueue<long> WatchedFrom { get; } = new();

    public void Become(JobState state, string error = "", JobResult? result = null, long totalSteps = 0, string waits = "")
    {
        lock (_gate)
        {
            Summary = new JobSummary { JobId = id, State = state, Step = Summary.Step, TotalSteps = totalSteps > 0 ? totalSteps : Summary.TotalSteps, Error = error, Result = result, Waits = waits };
            Tell(new JobEvent { Summary = Summary });
        }
    }

    public void Step(long step, double loss) => Step(new StepMetrics { Step = step, Loss = loss });

    public void Step(StepMetrics step)
    {
        lock (_gate)
        {
            Summary = new JobSummary(Summary) { Step = step.Step };
            var next = new JobEvent { Step = step };
            _history.Add(next);
            Tell(next);
        }
    }

    public void Say(string text, LogKind kind)
    {
        lock (_gate)
        {
            var next = new JobEvent { Log = new LogLine { Time = 1_764_400_000_000 + _history.Count, Text = text, Kind = kind } };
            _history.Add(next);
            Tell(next);
        }
    }

    public void Evaluate(long step, double accuracy)
    {
        lock (_gate)
        {
            var next = new JobEvent { Evaluation = new EvaluationMetrics { Step = step, Accuracy = accuracy } };
            _history.Add(next);
            Tell(next);
        }
    }

    /// <summary>Ends all watches, as a silo that goes does.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _watchers.ForEach(w => w.Writer.TryComplete());
            _watchers.Clear();
        }
    }

    public async Task TellAsync(long fromStep, IServerStreamWriter<JobEvent> writer, CancellationToken cancel)
    {
        var events = Channel.CreateUnbounded<JobEvent>();
        lock (_gate)
        {
            WatchedFrom.Enqueue(fromStep);
            events.Writer.TryWrite(new JobEvent { Summary = new JobSummary(Summary) });
            _history.Where(e => e.Step is null || e.Step.Step >= fromStep).ToList().ForEach(e => events.Writer.TryWrite(e));
            _watchers.Add(events);
        }

        await foreach (var next in events.Reader.ReadAllAsync(cancel))
        {
            await writer.WriteAsync(next, cancel);
            if (next.Summary is { State: JobState.Completed or JobState.Failed or JobState.Cancelled })
                return;
        }
    }

    private void Tell(JobEvent next) => _watchers.ForEach(w => w.Writer.TryWrite(next));
}

using System.Diagnostics;
using System.Numerics;
using DistTrain.Observability;
using DistTrain.Observability.Traces;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A rank's life on a thread of its own: join the servers, pull the open version, then step after step until training is over. A cut stream
/// makes it join again; it keeps no state that the servers do not have.
/// </summary>
internal sealed class RankLoop : IAsyncDisposable
{
    /// <summary>Until the rank is told to stop: how long a server may be away, the job's grain decides.</summary>
    private static readonly ResiliencePipeline Rejoin = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(IsTransient),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(2),
            UseJitter = true,
        })
        .Build();

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RankHome _home;
    private readonly DatasetCache _datasets;
    private readonly ILogger _logger;
    private readonly TrainingSpec _spec;
    private readonly RankTimes _times = new();
    private TensorDevice _device = TensorDevice.Processor;
    private long _step;
    private volatile bool _trainingIsOver;
    private string? _fault;
    private volatile string? _waits;

    private RankLoop(RankAssignment assignment, RankHome home, DatasetCache datasets, ILogger logger)
    {
        (Assignment, _home, _datasets, _logger) = (assignment, home, datasets, logger);
        _spec = JobFile.Read(assignment.JobFile, assignment.JobId, []).Job!.Spec;
    }

    public RankAssignment Assignment { get; }

    /// <param name="assignment">What to compute.</param>
    /// <param name="home">Where.</param>
    /// <param name="datasets">Where its data come from.</param>
    /// <param name="logger">Where its end is told.</param>
    public static RankLoop Start(RankAssignment assignment, RankHome home, DatasetCache datasets, ILogger logger)
    {
        var loop = new RankLoop(assignment, home, datasets, logger);
        new Thread(loop.Run) { IsBackground = true, Name = $"rank {assignment.Rank} of {assignment.JobId}" }.Start();
        return loop;
    }

    /// <summary>
    /// True when the loop ended though training goes on: a server ended its stream, e.g. for a newer activation of the same rank that was
    /// lost since. Whoever is asked to run the rank starts it again.
    /// </summary>
    public bool IsLost => _ended.Task.IsCompleted && !_trainingIsOver && _fault is null;

    /// <param name="movedFrom">Silo that the rank was moved from; null: it was not.</param>
    public RankProgress Progress(string? movedFrom)
    {
        var state = _fault is not null ? RankState.Failed : _trainingIsOver ? RankState.Finished : RankState.Running;
        return new RankProgress(state, Volatile.Read(ref _step), _home.Silo, movedFrom, _fault, _waits, _times.Now());
    }

    /// <summary>Stops between two micro-batches, and returns once the thread has ended. What the open step lacks is computed by the rank's next loop.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _ended.Task;
        _stop.Dispose();
    }

    /// <summary>A server that does not know the job has been started again and will be told of it.</summary>
    private static bool IsTransient(RpcException e) => e.IsAway() || e.StatusCode is StatusCode.NotFound;

    private void Run()
    {
        TrainingMeter.Ranks.Add(1);
        try
        {
            NativeEnvironment.Prepare();
            RefuseOtherArithmetic();
            var data = _datasets.Load(_spec.Dataset, Assignment.DataFingerprint, Assignment.DataFiles);
            var model = ModelBlueprint.Of(_spec, data.Train.Shape, data.Train.Classes);
            using var lease = _home.Devices.Take(_spec.Device, alone: SharesMoments(model), why => _waits = $"rank {Assignment.Rank} waits for {why} (on silo {_home.Silo})", _stop.Token);
            _device = lease.Device;
            Attend(data, model);
            _trainingIsOver = true;
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Cancelled or StatusCode.Aborted)
        {
            RankLog.Ended(_logger, Assignment.JobId, Assignment.Rank, e.Status.Detail);
        }
        catch (Exception e) when (DeviceLoss.Is(e))
        {
            // No fault of the job: the silo leaves, and the rank goes on at another one.
            _home.Devices.Lose($"rank {Assignment.Rank} of job '{Assignment.JobId}' has lost its device: {e.Message.Split('\n')[0]}");
        }
        catch (Exception e)
        {
            // The edge of the thread: whatever it is ends the job with a reason instead of ending the silo.
            _fault = e is RankFaultException or DatasetException or ModelException ? e.Message : $"rank {Assignment.Rank}: {Describe(e)}";
            RankLog.Failed(_logger, Assignment.JobId, Assignment.Rank, _step, e);
        }
        finally
        {
            TrainingMeter.Ranks.Add(-1);
            _ended.TrySetResult();
        }
    }

    private void RefuseOtherArithmetic()
    {
        var arithmetic = NativeEnvironment.Arithmetic(_spec.Precision, _home.Devices.KindOf(_spec.Device));
        if (arithmetic != Assignment.Arithmetic)
        {
            throw new RankFaultException(
                $"rank {Assignment.Rank} is on a silo that computes with '{arithmetic}', and the job with '{Assignment.Arithmetic}': its bits would be others. "
                + "Start all silos with one --determinism, and host only where all processors, and all devices, are of one kind");
        }
    }

    /// <summary>Ranks meet in the middle of a pass.</summary>
    private bool SharesMoments(ModelBlueprint model) => _spec is { Probe: null, BatchNorm.Scope.IsShared: true } && model.Layout.Segments.Any(s => s.Kind == SegmentKind.Statistics);

    private static double Round(double milliseconds) => Math.Round(milliseconds, 3);

    private static string Describe(Exception e) => e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : $"{e.GetType().Name}: {e.Message}";

    private void Attend(Dataset data, ModelBlueprint model)
    {
        try
        {
            while (!AttendOnce(data, model))
                RankLog.Rejoining(_logger, Assignment.JobId, Assignment.Rank, _step);
        }
        catch (Exception e) when (DeviceMemory.IsOut(e) && _spec.Probe is null)
        {
            throw new RankFaultException(MemoryAdvice.Of(_spec, model, data.Train, _device, $"rank {Assignment.Rank} on silo {_home.Silo}", _stop.Token), e);
        }
    }

    /// <returns>True when training is over, false when a stream of this attachment to the servers was cut.</returns>
    private bool AttendOnce(Dataset data, ModelBlueprint model) => _spec.Probe switch
    {
        null => Train(data, model),
        { IsWide: false } probe => Look<float>(probe, data, model),
        { } probe => Look<double>(probe, data, model),
    };

    private bool Train(Dataset data, ModelBlueprint model)
    {
        // Memory that a server sees belongs to one attachment: what a lost or halted one still writes, its successor does not push.
        using var region = _home.Peers.Memory.TryCreate(model.Layout.Length, "gradients");
        using var replica = new Replica(model, _spec.LargestMicroBatch, region?.Memory ?? default, _device);
        using var attachment = Rejoin.Execute(stop => Attach(SharesMoments(model), data, VersionPlace.Of(replica), region, stop), _stop.Token);
        return Stays(() =>
        {
            var trace = StepTrace.Of(Assignment);
            if (attachment.Moments is { } shared)
                shared.Trace = trace;
            var gradient = new ShareGradient(_spec, data.Train, replica, attachment.Moments, _stop.Token);
            var probe = Probing(gradient, replica, attachment, data, model);
            Follow(gradient, attachment, trace, head => (head.Probed ? probe(head) : 0) + (head.Evaluate ? Evaluate(data, replica, attachment, head, trace) : 0));
            if (attachment.Moments?.Traffic is { } moments)
                RankLog.SharedMoments(_logger, Assignment.JobId, Assignment.Rank, moments.Count, moments.Sent, moments.Received, Round(moments.Quantile(0.5)), Round(moments.Quantile(0.99)));
        });
    }

    /// <summary>The rank's part of what the job measures of an update; gives milliseconds.</summary>
    private Func<VersionHead, double> Probing(ShareGradient gradient, Replica replica, ServerAttachment attachment, Dataset data, ModelBlueprint model) => _spec.UpdateProbe.What switch
    {
        UpdateProbes.CriticalSharpness => new UpdateProbe(gradient, Assignment.Rank, replica, attachment, _stop.Token).Run,
        UpdateProbes.Curvature when Assignment.Rank == 0 => new VersionCurvature(_spec, data.Train, model, replica, attachment.Streams[0], _device, _stop.Token).Run,
        UpdateProbes.Smoothness when Assignment.Rank == 0 => new StepSmoothness(_spec, gradient, model, replica, attachment, _device, _stop.Token).Run,
        _ => _ => 0,
    };

    /// <summary>The same for a rank of a probe.</summary>
    private bool Look<T>(ProbeRecipe probe, Dataset data, ModelBlueprint model)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var region = _home.Peers.Memory.TryCreate((long)model.Layout.Length * probe.Width, "products");
        using var share = new ShareProduct<T>(model, ProbedObjective.Of(probe, _spec, data), region?.Memory ?? default, _device, _stop.Token);
        using var attachment = Rejoin.Execute(stop => Attach(sharesMoments: false, data, share.Place, region, stop), _stop.Token);
        return Stays(() =>
        {
            share.MoveTo(attachment.ReadWeights(Assignment.JobId, share.Place, _stop.Token));
            Follow(share, attachment, StepTrace.Of(Assignment), _ => 0);
        });
    }

    /// <summary>What is done while attached.</summary>
    /// <returns>True when it came to its end, false when a stream was cut.</returns>
    private bool Stays(Action attached)
    {
        _waits = null;
        try
        {
            attached();
            return true;
        }
        catch (RpcException e) when (IsTransient(e) && !_stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Step after step, until a head says that there are no more.</summary>
    /// <param name="share">What the rank computes.</param>
    /// <param name="attachment">Its streams.</param>
    /// <param name="trace">Where the steps' parts are noted; null: nowhere.</param>
    /// <param name="look">Looks at the version of a head beside training, as far as that is wanted; gives milliseconds.</param>
    private void Follow(IShareGradient share, ServerAttachment attachment, StepTrace? trace, Func<VersionHead, double> look)
    {
        using var step = new TrainingStep(_spec, Assignment.Rank, share, attachment, trace, _times);
        var head = attachment.Head;
        while (true)
        {
            Volatile.Write(ref _step, head.Version);
            trace?.Begin();
            var looked = look(head);
            if (head.Take == 0)
                break;
            head = step.Run(head, looked);
        }

        attachment.Complete();
    }

    private ServerAttachment Attach(bool sharesMoments, Dataset data, VersionPlace place, SharedRegion? gradient, CancellationToken stop)
    {
        try
        {
            return ServerAttachment.Open(Assignment, _home, sharesMoments, data, place, gradient, stop);
        }
        catch (RpcException e) when (IsTransient(e))
        {
            _waits = $"{e.Status.Detail} (from silo {_home.Silo})";
            throw;
        }
    }

    /// <summary>Evaluates this rank's slices on the version the replica holds, and reports them to the leader.</summary>
    /// <returns>Milliseconds spent.</returns>
    private double Evaluate(Dataset data, Replica replica, ServerAttachment attachment, VersionHead head, StepTrace? trace)
    {
        var started = Stopwatch.GetTimestamp();
        if (data.Validation is { } apart)
            Evaluate(apart, EvaluationSet.Validation, replica, attachment, head.Version);
        // What choices go by must not be what they are judged by: with a validation set, the test set is looked at once, at the end.
        if (data.Validation is null || (head.Take == 0 && data.Test.Count > 0))
            Evaluate(data.Test, EvaluationSet.Test, replica, attachment, head.Version);
        trace?.Add(SpanNames.Evaluate, started);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private void Evaluate(ExampleSet examples, EvaluationSet set, Replica replica, ServerAttachment attachment, long version)
    {
        var shard = Shard.Of(Assignment.Rank, _spec.Workers, examples.Count);
        var result = replica.Evaluate(examples, [.. Enumerable.Range(shard.Start, shard.Count)], examples.Whole, _stop.Token);
        attachment.Streams[0].Send(new RankMessage
        {
            Evaluation = new EvaluationReport
            {
                Version = version,
                Rank = Assignment.Rank,
                Examples = result.Examples,
                LossSum = result.LossSum,
                Correct = result.Correct,
                Beside = result.Beside,
                Set = set,
            },
        });
    }
}

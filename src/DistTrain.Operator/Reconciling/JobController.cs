using DistTrain.Observability;
using DistTrain.Operator.Api;
using DistTrain.Operator.Hosting;
using DistTrain.Operator.Resources;
using DistTrain.Protocol.Clients;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Reconciling;

/// <summary>
/// Makes of one object one job, and keeps the two alike. It looks at both whenever either changes, and does what is missing; so it does not matter where another
/// operator stopped.
/// <code>
/// 1 hold     the finalizer: the object does not go before its job
/// 2 read     the spec as a job file; all its mistakes at once
/// 3 name     the job's id goes into the status before there is a job: none is ever forgotten
/// 4 submit   idempotent by that id: none is ever doubled
/// 5 follow   state and numbers of the job
/// 6 write    the status: at once where the state changes, else now and then
/// 7 end      an object that is deleted: the job is cancelled
/// 8 let go   of the finalizer
/// </code>
/// </summary>
internal sealed class JobController(
    TrainingJobResource first, TrainingJobApi api, ClusterJobs jobs, OperatorOptions options, TimeProvider clock, ILogger<JobController> logger)
{
    private readonly StatusRules _rules = new(jobs.Endpoint, clock);
    private readonly Backoff _waits = new(TimeSpan.FromSeconds(1), options.LongestWait);
    private readonly Signal _signal = new(clock);

    private volatile TrainingJobResource _seen = first;
    private volatile bool _isGone;

    private TrainingJobStatus _status = first.Status ?? new TrainingJobStatus();
    private TrainingJobStatus _written = first.Status ?? new TrainingJobStatus();
    private long _writtenAt;
    private (long Generation, ResourceJobFile File)? _file;
    private JobFollowing? _following;
    private Task _followed = Task.CompletedTask;
    private int _failures;
    private bool _isDone;

    /// <summary>The object has changed; what this operator has written into its status itself is no news.</summary>
    public void See(TrainingJobResource resource)
    {
        var before = _seen;
        _seen = resource;
        if ((before.Generation, before.IsDeleting, before.IsHeld) != (resource.Generation, resource.IsDeleting, resource.IsHeld))
            _signal.Set();
    }

    /// <summary>The object is not there any more.</summary>
    public void Lose()
    {
        _isGone = true;
        _signal.Set();
    }

    /// <summary>Returns once there is nothing left to do for the object, ever.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        TrainingMeter.OperatorObjects.Add(1);
        try
        {
            while (true)
            {
                var pause = await LookSafelyAsync(end.Token);
                if (_isDone)
                    return;
                await _signal.WaitAsync(pause, stop);
            }
        }
        finally
        {
            TrainingMeter.OperatorObjects.Add(-1);
            await end.CancelAsync();
            await _followed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One object that can't be reconciled keeps no other from it.</summary>
    private async Task<TimeSpan?> LookSafelyAsync(CancellationToken stop)
    {
        try
        {
            return await LookAsync(stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            var wait = PutOff();
            if (ApiFailure.IsPassing(e))
                OperatorLog.NotWritten(logger, _seen.Title, ApiFailure.Explain(e), wait.TotalSeconds);
            else
                OperatorLog.Broken(logger, _seen.Title, wait.TotalSeconds, e);
            return wait;
        }
    }

    /// <summary>Returns after how long to look again; null: when something has changed.</summary>
    private async Task<TimeSpan?> LookAsync(CancellationToken stop)
    {
        var resource = _seen;
        if (_isGone || resource.IsDeleting)
            return await EndAsync(resource, stop);
        // 1 hold
        if (!resource.IsHeld && !_status.HasEnded)
        {
            if (await api.HoldAsync(resource, stop) is not { } held)
                return null;
            Adopt(resource, held);
            resource = held;
        }

        // 2 read
        var file = FileOf(resource);
        if (_status is { IsAccepted: false, HasEnded: false } && await SubmitAsync(resource, file, stop) is { } refused)
            return refused;
        if (!_status.IsAccepted && !_status.HasEnded)
            return null;
        _status = _rules.InForce(_status, resource.Generation, isInForce: file.Sha256 is { } own && own == _status.SpecSha256);
        // 5 follow
        if (!_status.HasEnded && await FollowAsync(resource, file, stop) is { } lost)
            return lost;
        var later = await WriteAsync(isUrgent: false, stop);
        // 8 let go: an object whose job has ended may go without an operator.
        if (_status.HasEnded && later is null && resource.IsHeld)
            await api.LetGoAsync(_seen, stop);
        return later;
    }

    /// <summary>Returns after how long to try again, null when the cluster has the job or the spec has to change first.</summary>
    private async Task<TimeSpan?> SubmitAsync(TrainingJobResource resource, ResourceJobFile file, CancellationToken stop)
    {
        if (file.Text is not { } text)
        {
            _status = _rules.Invalid(_status, resource.Generation, file.Problems);
            await WriteAsync(isUrgent: true, stop);
            return null;
        }

        // 3 name
        var job = _status.JobId ?? ResourceJobId.Of(resource);
        if (_status.JobId is null || _status.ObservedGeneration != resource.Generation)
        {
            _status = _rules.Submitting(_status, resource.Generation, job, file.Sha256);
            await WriteAsync(isUrgent: true, stop);
        }

        // 4 submit
        var answer = await jobs.SubmitAsync(job, text, stop);
        switch (answer.Kind)
        {
            case ClusterAnswerKind.Done:
                OperatorLog.Submitted(logger, resource.Title, job);
                _failures = 0;
                _status = _rules.Taken(_status, resource.Generation, file.Sha256);
                return null;
            // An operator ended between submitting and writing so, and the spec is another by now.
            case ClusterAnswerKind.Differs when _status.SpecSha256 != file.Sha256:
                _failures = 0;
                _status = _rules.Taken(_status, resource.Generation, sha256: null);
                return null;
            default:
                _status = _rules.NotTaken(_status, resource.Generation, answer);
                await WriteAsync(isUrgent: true, stop);
                return Later(resource, "the cluster does not take the job", answer);
        }
    }

    /// <summary>Takes what is known of the job into the status. Returns after how long to try again, when the job was lost and can't be taken up now.</summary>
    private async Task<TimeSpan?> FollowAsync(TrainingJobResource resource, ResourceJobFile file, CancellationToken stop)
    {
        var job = _status.JobId!;
        if (_following?.Current.IsLost == true)
        {
            OperatorLog.Lost(logger, resource.Title, job);
            var isInForce = file.Sha256 == _status.SpecSha256;
            var answer = await jobs.ResumeAsync(job, isInForce ? file.Text ?? "" : "", stop);
            if (answer.Kind is ClusterAnswerKind.NotFound or ClusterAnswerKind.Invalid or ClusterAnswerKind.Differs)
            {
                _status = _rules.Lost(_status, resource.Generation, answer.Message);
                return null;
            }

            if (answer.Kind is not ClusterAnswerKind.Done)
            {
                _status = _rules.Progress(_status, resource.Generation, new JobProgress { Trouble = answer });
                await WriteAsync(isUrgent: true, stop);
                return Later(resource, "the cluster does not take the job up again", answer);
            }

            _failures = 0;
            _following = null;
        }

        if (_following is null)
        {
            _following = new JobFollowing(jobs, job, (_status.Step ?? 0) + 1, options, clock, _signal.Set);
            _followed = _following.RunAsync(stop);
        }

        var before = _status.State;
        var progress = _following.Current;
        _status = _rules.Progress(_status, resource.Generation, progress);
        if (_status.State != before)
            OperatorLog.State(logger, resource.Title, _status.State!, progress.Error);
        return null;
    }

    /// <summary>6 write. Returns after how long to write what has been held back.</summary>
    private async Task<TimeSpan?> WriteAsync(bool isUrgent, CancellationToken stop)
    {
        if (_status.IsAs(_written))
            return null;
        isUrgent |= !_status.WithoutNumbers.IsAs(_written.WithoutNumbers);
        var wait = _writtenAt == 0 ? TimeSpan.Zero : options.StatusInterval - clock.GetElapsedTime(_writtenAt);
        if (!isUrgent && wait > TimeSpan.Zero)
            return wait;
        var (status, newest) = (_status, _seen);
        if (await api.WriteStatusAsync(newest, status, stop) is { } now)
        {
            (_written, _writtenAt) = (status, clock.GetTimestamp());
            Adopt(newest, now);
        }

        return null;
    }

    /// <summary>The job of an object that goes.</summary>
    private async Task<TimeSpan?> EndAsync(TrainingJobResource resource, CancellationToken stop)
    {
        var isOurs = _isGone || resource.IsHeld;
        // 7 end; without an id there never was a job.
        if (isOurs && _status is { HasEnded: false, JobId: { } job })
        {
            var answer = await jobs.CancelAsync(job, stop);
            if (answer.Kind is not ClusterAnswerKind.Done)
            {
                _status = _rules.NotCancelled(_status, resource.Generation, answer);
                if (!_isGone)
                    await WriteAsync(isUrgent: true, stop);
                return Later(resource, "the job can't be cancelled", answer);
            }

            OperatorLog.Cancelled(logger, resource.Title, job);
        }

        // 8 let go
        if (!_isGone)
            await api.LetGoAsync(resource, stop);
        _isDone = true;
        return null;
    }

    /// <summary>What a write has made of the object, unless the watch has told of something newer.</summary>
    private void Adopt(TrainingJobResource before, TrainingJobResource now) => Interlocked.CompareExchange(ref _seen, now, before);

    private ResourceJobFile FileOf(TrainingJobResource resource)
    {
        if (_file is not { } read || read.Generation != resource.Generation)
            _file = read = (resource.Generation, ResourceJobFile.Of(resource));
        return read.File;
    }

    private TimeSpan Later(TrainingJobResource resource, string what, ClusterAnswer answer)
    {
        var wait = PutOff();
        OperatorLog.Unanswered(logger, resource.Title, what, answer.Message, wait.TotalSeconds);
        return wait;
    }

    private TimeSpan PutOff()
    {
        TrainingMeter.OperatorFailures.Add(1);
        return _waits.After(++_failures);
    }
}

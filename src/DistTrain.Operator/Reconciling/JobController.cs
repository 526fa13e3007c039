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
/// 5 suspend  a job that is not to run now is cancelled, and resumed when it may go on
/// 6 follow   state and numbers of the job
/// 7 write    the status: at once where the state changes, else now and then
/// 8 end      an object that is deleted: the job is cancelled
/// 9 let go   of the finalizer; an object whose job ended long enough ago is deleted
/// </code>
/// </summary>
internal sealed class JobController(
    JobResource first, ResourceApi api, ObjectEvents events, ClusterJobs jobs, OperatorOptions options, TimeProvider clock, ILogger<JobController> logger)
{
    /// <summary>Timers can't wait for years.</summary>
    private static readonly TimeSpan _longestPause = TimeSpan.FromDays(1);

    private readonly ResourceStore _object = new(first, api, events, options, clock);
    private readonly StatusRules _rules = new(jobs.Endpoint, clock);
    private readonly Backoff _waits = new(TimeSpan.FromSeconds(1), options.LongestWait);
    private readonly Signal _signal = new(clock);
    private readonly SpecReader _specs = new(api);

    private volatile bool _isGone;

    private JobFollowing? _following;
    private Task _followed = Task.CompletedTask;
    private int _failures;
    private bool _isStopping;
    private bool _isDone;

    private ResourceStatus Status
    {
        get => _object.Status;
        set => _object.Status = value;
    }

    /// <summary>The object has changed.</summary>
    public void See(JobResource resource)
    {
        if (_object.See(resource))
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
                OperatorLog.NotWritten(logger, _object.Seen.Title, ApiFailure.Explain(e, api.Kind.FullName), wait.TotalSeconds);
            else
                OperatorLog.Broken(logger, _object.Seen.Title, wait.TotalSeconds, e);
            return wait;
        }
    }

    /// <summary>Returns after how long to look again; null: when something has changed.</summary>
    private async Task<TimeSpan?> LookAsync(CancellationToken stop)
    {
        var resource = _object.Seen;
        if (_isGone || resource.IsDeleting)
            return await EndAsync(resource, stop);
        // 1 hold
        if (!resource.IsHeld && !Status.HasEnded)
        {
            if (await _object.HoldAsync(resource, stop) is not { } held)
                return null;
            resource = held;
        }

        // 2 read
        var (file, keys) = (await _specs.ReadAsync(resource, Status, stop), ObjectKeys.Of(resource));
        if (Status is { IsAccepted: false, HasEnded: false } && await SubmitAsync(resource, file, keys, stop) is { } refused)
            return refused;
        if (!Status.IsAccepted && !Status.HasEnded)
            return null;
        Status = _rules.InForce(Status, resource.Generation, isInForce: file.Sha256 is { } own && own == Status.SpecSha256);
        if (!Status.HasEnded && await SuspendAsync(resource, file, keys, stop) is { } waiting)
            return waiting;
        if (!Status.HasEnded && await FollowAsync(resource, file, keys, stop) is { } lost)
            return lost;
        // 7 write
        var later = await _object.WriteAsync(isUrgent: false, stop);
        // 9 let go: an object whose job has ended may go without an operator.
        if (later is not null || !Status.HasEnded)
            return later;
        if (resource.IsHeld)
            await _object.LetGoAsync(_object.Seen, stop);
        return await ExpireAsync(keys, stop);
    }

    /// <summary>Returns after how long to try again, null when the cluster has the job or the object has to change first.</summary>
    private async Task<TimeSpan?> SubmitAsync(JobResource resource, ResourceJobFile file, ObjectKeys keys, CancellationToken stop)
    {
        if (file.Missing is { } missing)
        {
            var nobody = new ClusterAnswer(ClusterAnswerKind.NotFound, $"there is no {ResourceKind.TrainingJob.Name} '{missing}' in this namespace");
            return await LaterAsync(_rules.NotTaken(Status, resource.Generation, nobody), "it can't be submitted", nobody, stop);
        }

        if (file.Text is not { } text)
        {
            Status = _rules.Invalid(Status, resource.Generation, file.Problems);
            return await WriteNowAsync(stop);
        }

        if (keys.Suspend && Status.JobId is null)
        {
            Status = _rules.HeldBack(Status, resource.Generation);
            return await WriteNowAsync(stop);
        }

        Status = _rules.GoesOn(Status, resource.Generation, "the job is submitted");
        // 3 name
        var job = Status.JobId ?? ResourceJobId.Of(resource);
        if (Status.JobId is null || Status.ObservedGeneration != resource.Generation)
        {
            Status = _rules.Submitting(Status, resource.Generation, job, file.Sha256);
            await WriteNowAsync(stop);
        }

        // 4 submit
        var answer = await jobs.SubmitAsync(job, text, stop);
        switch (answer.Kind)
        {
            case ClusterAnswerKind.Done:
                OperatorLog.Submitted(logger, resource.Title, job);
                _failures = 0;
                Status = _rules.Taken(Status, resource.Generation, file.Sha256) with { WeightsJob = file.LooksAt };
                return null;
            // An operator ended between submitting and writing so, and the spec is another by now.
            case ClusterAnswerKind.Differs when Status.SpecSha256 != file.Sha256:
                _failures = 0;
                Status = _rules.Taken(Status, resource.Generation, sha256: null);
                return null;
            default:
                return await LaterAsync(_rules.NotTaken(Status, resource.Generation, answer), "the cluster does not take the job", answer, stop);
        }
    }

    /// <summary>5 suspend. Returns after how long to try again, null when there is nothing left to ask for.</summary>
    private async Task<TimeSpan?> SuspendAsync(JobResource resource, ResourceJobFile file, ObjectKeys keys, CancellationToken stop)
    {
        if (keys.Suspend == (_isStopping || Status.State == ResourceStates.Suspended))
            return null;
        var job = Status.JobId!;
        var answer = keys.Suspend
            ? await jobs.CancelAsync(job, stop)
            : await jobs.TakeUpAsync(job, TextInForce(file), stop);
        if (answer.Kind is not ClusterAnswerKind.Done)
            return await LaterAsync(_rules.NotTurned(Status, resource.Generation, answer), keys.Suspend ? "the job can't be suspended" : "the job can't go on", answer, stop);
        OperatorLog.Turned(logger, resource.Title, job, keys.Suspend ? "is suspended" : "goes on");
        (_failures, _isStopping) = (0, keys.Suspend);
        if (!keys.Suspend)
            (_following, Status) = (null, _rules.GoesOn(Status, resource.Generation, "the job goes on from what is saved"));
        return null;
    }

    /// <summary>6 follow: takes what is known of the job into the status. Returns after how long to try again, when the job was lost and can't be taken up now.</summary>
    private async Task<TimeSpan?> FollowAsync(JobResource resource, ResourceJobFile file, ObjectKeys keys, CancellationToken stop)
    {
        if (Status.State == ResourceStates.Suspended)
            return null;
        var job = Status.JobId!;
        if (_following?.Current.IsLost == true)
        {
            OperatorLog.Lost(logger, resource.Title, job);
            var answer = await jobs.TakeUpAsync(job, TextInForce(file), stop);
            if (answer.Kind is ClusterAnswerKind.NotFound or ClusterAnswerKind.Invalid or ClusterAnswerKind.Differs)
            {
                Status = _rules.Lost(Status, resource.Generation, answer.Message);
                return null;
            }

            if (answer.Kind is not ClusterAnswerKind.Done)
                return await LaterAsync(_rules.Progress(Status, resource.Generation, new JobProgress { Trouble = answer }), "the cluster does not take the job up again", answer, stop);
            _failures = 0;
            _following = null;
        }

        if (_following is null)
        {
            _following = new JobFollowing(jobs, job, (Status.Step ?? 0) + 1, options, clock, _signal.Set);
            _followed = Task.WhenAll(_followed, _following.RunAsync(stop));
        }

        var before = Status.State;
        var progress = _following.Current;
        Status = _rules.Progress(Status, resource.Generation, progress, suspends: keys.Suspend);
        if (Status.State != before)
            OperatorLog.State(logger, resource.Title, Status.State!, progress.Error);
        await _object.TellAsync(_following, stop);
        return null;
    }

    /// <summary>The job of an object that goes.</summary>
    private async Task<TimeSpan?> EndAsync(JobResource resource, CancellationToken stop)
    {
        var isOurs = _isGone || resource.IsHeld;
        // 8 end; without an id there never was a job.
        if (isOurs && Status is { HasEnded: false, JobId: { } job })
        {
            var answer = await jobs.CancelAsync(job, stop);
            if (answer.Kind is not ClusterAnswerKind.Done)
                return await LaterAsync(_rules.NotCancelled(Status, resource.Generation, answer), "the job can't be cancelled", answer, stop);
            OperatorLog.Cancelled(logger, resource.Title, job);
        }

        // 9 let go
        if (!_isGone)
            await _object.LetGoAsync(resource, stop);
        _isDone = true;
        return null;
    }

    /// <summary>Deletes the object once it is time. Returns when to look whether it is.</summary>
    private async Task<TimeSpan?> ExpireAsync(ObjectKeys keys, CancellationToken stop)
    {
        if (keys.TimeToLive is not { } life || Status.CompletionTime is not { } ended)
            return null;
        var rest = ended + life - clock.GetUtcNow();
        if (rest > TimeSpan.Zero)
            return rest < _longestPause ? rest : _longestPause;
        OperatorLog.Expired(logger, _object.Seen.Title);
        await _object.DeleteAsync(stop);
        return null;
    }

    /// <summary>The job file where the job runs by it; null where the object says another by now.</summary>
    private string? TextInForce(ResourceJobFile file) => file.Sha256 == Status.SpecSha256 ? file.Text : null;

    private async Task<TimeSpan?> WriteNowAsync(CancellationToken stop) => await _object.WriteAsync(isUrgent: true, stop);

    /// <summary>The cluster has not done what was asked for: says so in the status, and returns when to ask again.</summary>
    private async Task<TimeSpan?> LaterAsync(ResourceStatus status, string what, ClusterAnswer answer, CancellationToken stop)
    {
        Status = status;
        if (!_isGone)
            await WriteNowAsync(stop);
        var wait = PutOff();
        OperatorLog.Unanswered(logger, _object.Seen.Title, what, answer.Message, wait.TotalSeconds);
        return wait;
    }

    private TimeSpan PutOff()
    {
        TrainingMeter.OperatorFailures.Add(1);
        return _waits.After(++_failures);
    }
}

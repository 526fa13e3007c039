using DistTrain.Observability;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Models;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Hosting;
using DistTrain.Worker.Ranks;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs;

/// <summary>
/// Orchestrates one job. It is looked at each second from the queue and then does what is due; nothing of the job's progress depends on this
/// grain's memory, so it may be lost with its silo at any moment.
/// </summary>
internal sealed class JobGrain(
    [PersistentState("job", ClusterSetup.JobStorage)] IPersistentState<JobRecord> state,
    SiloOptions options,
    PeerChannels peers,
    DatasetCache datasets,
    ISiloStatusOracle silos,
    IHostApplicationLifetime silo,
    TimeProvider time,
    ILogger<JobGrain> logger) : Grain, IJobGrain, IGrainMigrationParticipant
{
    /// <summary>How long a server may be away: a node that is lost is replaced in minutes.</summary>
    private static readonly TimeSpan ServerPatience = TimeSpan.FromMinutes(10);

    private const string NotesKey = "notes";

    private const string Turn = "its turn: room for its ranks, and the jobs before it";

    private JobServers? _servers;
    private JobNotes? _notes;
    private JobWaits? _waits;
    private JobPreparation? _preparation;
    private TrainingJob? _job;
    private JobRanks? _ranks;
    private long? _unreachableSince;

    private JobRecord Record => state.State;

    private string JobId => this.GetPrimaryKeyString();

    private JobNotes Notes => _notes ??= new JobNotes(time);

    private JobWaits Waits => _waits ??= new JobWaits(Notes, time);

    private JobRanks Ranks => _ranks ??= new JobRanks(GrainFactory, silos, Waits, time, JobId, Job.Spec.Workers, logger);

    private JobServers Servers => _servers ??= new JobServers(JobId, Record, () => state.WriteOrEndAsync(this), peers, Notes, Waits, time, logger);

    private TrainingJob Job => _job ??= JobFile.Read(Record.JobFile, JobId, []).Job!;

    public async Task<bool> SubmitAsync(string jobFile, string submitter, DataRecord data)
    {
        if (state.RecordExists)
            return Record.JobFile == jobFile && Record.Submitter == submitter;
        (Record.JobFile, Record.Submitter, Record.Data) = (jobFile, submitter, data);
        Record.SubmittedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        await state.WriteOrEndAsync(this);
        return true;
    }

    public async Task WithdrawAsync()
    {
        if (!state.RecordExists || Record.Phase != JobPhase.Queued || Record.Generation > 1)
            return;
        await state.ClearStateAsync();
        DeactivateOnIdle();
    }

    public async Task StartAsync()
    {
        if (Record.Phase != JobPhase.Queued)
            return;
        Record.Phase = JobPhase.Running;
        Waits.End(Turn);
        await state.WriteOrEndAsync(this);
    }

    public async Task<IReadOnlyList<string>> ResumeAsync(string jobFile)
    {
        var job = JobFile.Read(jobFile, JobId, []).Job!;
        var preparation = await JobPreparation.OfAsync(job.Spec, datasets);
        var before = new SavedJob(Record.JobFile, LayoutHash: null, BeganWith ?? preparation.Data.Fingerprint);
        if (before.Differences(JobId, job, preparation, (was, now) => datasets.Describe(job.Spec.Dataset, Record.Data?.Files ?? [], was, now)) is { Count: > 0 } differences)
            return differences;
        if (Record.Phase == JobPhase.Completed || (!Record.HasEnded && !Record.CancelRequested && Record.JobFile == jobFile))
            return [];
        if (Record.HasEnded)
            Record.Phase = JobPhase.Queued;
        (Record.JobFile, Record.Error, Record.CancelRequested, Record.UsableBelow) = (jobFile, null, false, long.MaxValue);
        Record.Data = preparation.Data;
        Record.DamagedCheckpoints.Clear();
        (_job, _preparation, _ranks, _unreachableSince) = (null, null, null, null);
        await Servers.BeginGenerationAsync("resumed");
        return [];
    }

    public async Task CancelAsync()
    {
        if (!state.RecordExists || Record.HasEnded || Record.CancelRequested)
            return;
        Record.CancelRequested = true;
        Notes.Say("cancellation requested");
        await state.WriteOrEndAsync(this);
        this.AsReference<IJobGrain>().TickAsync().Ignore();
    }

    public Task<JobDescription> DescribeAsync()
    {
        // The queue asks each second, and watchers more often, also while a look at the job waits for an answer.
        Waits.Look();
        return Task.FromResult(new JobDescription(
            state.RecordExists,
            JobId,
            Record.JobFile,
            Record.Submitter,
            Record.Phase,
            Math.Max(_servers?.Step ?? 0, Record.Step),
            Record.TotalSteps,
            Record.SubmittedAt,
            Record.Error,
            Record.Outcome,
            Record.Servers,
            Notes.Lines,
            Record.Data,
            Waits.Text));
    }

    public async Task TickAsync()
    {
        if (!state.RecordExists || Record.HasEnded)
            return;
        if (Record.CancelRequested)
        {
            await EndAsync(JobPhase.Cancelled, error: null);
            return;
        }

        if (Record.Phase != JobPhase.Running)
        {
            Waits.Begin(Turn);
            return;
        }

        try
        {
            await DriveAsync();
            _unreachableSince = null;
        }
        catch (Exception e) when (silo.ApplicationStopping.IsCancellationRequested)
        {
            // Whatever fails now fails because this silo is leaving; the job is looked at elsewhere.
            JobLog.NotDriven(logger, JobId, e.Message);
        }
        catch (Exception e) when (e is DatasetException or ModelException or JobFailedException)
        {
            await EndAsync(JobPhase.Failed, e.Message);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound && Record.IsOpen)
        {
            await Servers.BeginGenerationAsync(e.Status.Detail);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.DataLoss && !Record.IsOpen)
        {
            await Servers.PassOverCheckpointAsync(e.Status.Detail);
        }
        catch (RpcException e) when (e.IsAway() && ServerMayComeBack())
        {
            JobLog.ServerAway(logger, JobId, e.Status.Detail);
        }
        catch (RpcException e)
        {
            await EndAsync(JobPhase.Failed, $"a parameter server: {e.StatusCode}: {e.Status.Detail}");
        }
        catch (Exception e) when (e is not OrleansException and not TimeoutException)
        {
            // The edge of the grain: a job that can't be driven ends with a reason instead of being looked at for ever.
            JobLog.Broken(logger, JobId, e);
            await EndAsync(JobPhase.Failed, $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>A step's numbers are wrong: the job goes back to before it, or fails.</summary>
    private async Task FaultAsync(StepFault fault)
    {
        var passedOver = fault.RollsBack ? Rollback.From(fault.Step, Job.Spec.Checkpoint.EverySteps, Record.Generation + 1) : null;
        if (passedOver is not null && Rollback.IsProgress(Record.PassedOver, passedOver))
        {
            await Servers.PassOverAsync(passedOver, fault.Reason);
            return;
        }

        var inVain = passedOver is null ? string.Empty : $"; going back {Rollback.MostWithoutProgress} times did not help. Lower optimizer.lr, warm the rate up, or check the data";
        await EndAsync(JobPhase.Failed, fault.Reason + inVain);
    }

    /// <summary>The data's fingerprint when the job was submitted, or started; null where neither is known.</summary>
    private string? BeganWith => Record.DataFingerprint.Length > 0 ? Record.DataFingerprint : Record.Data?.Fingerprint;

    /// <summary>The record knows the data, unless it is from before they were kept in it.</summary>
    private async Task<JobPreparation> PrepareAsync()
    {
        if (Record.Data is { } known)
            return JobPreparation.Of(Job.Spec, known);
        var read = await JobPreparation.OfAsync(Job.Spec, datasets);
        if (BeganWith is { } before && before != read.Data.Fingerprint)
            throw new DatasetException(datasets.Describe(Job.Spec.Dataset, new Dictionary<string, string>(), before, read.Data.Fingerprint));
        Record.Data = read.Data;
        return read;
    }

    private bool ServerMayComeBack() =>
        time.GetElapsedTime(_unreachableSince ??= time.GetTimestamp()) < ServerPatience;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _servers?.Dispose();
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
            this.MigrateOnIdle();
        return Task.CompletedTask;
    }

    void IGrainMigrationParticipant.OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(NotesKey, Notes.Lines.ToList());

    void IGrainMigrationParticipant.OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<List<JobLogLine>>(NotesKey, out var lines))
            Notes.GoOn(lines!);
    }

    private async Task DriveAsync()
    {
        if (Record.Servers.Count == 0 && DeterminismCheck.Problem(Job.Spec, options) is { } problem)
            throw new JobFailedException(problem);

        if (_preparation is null)
            await Ranks.PrepareAsync(Record.JobFile);
        var preparation = _preparation ??= await Waits.DuringAsync("its data to be read", PrepareAsync());
        if (!Record.IsOpen)
        {
            foreach (var line in preparation.Lines(Job.Spec))
                Notes.SayOnce(line);
        }

        var servers = await Servers.OpenAsync(Job, preparation, await options.Servers);
        var progress = await Ranks.RunAsync(rank =>
            new RankAssignment(JobId, rank, Record.Generation, Record.JobFile, Record.Servers, Record.DataFingerprint, Record.Arithmetic, preparation.Data.Files));
        await CountRecoveriesAsync(progress);
        // What every rank holds is committed, also if a server that is lost can tell it no more.
        Servers.Step = Math.Max(Servers.Step, progress.Min(p => p?.Step ?? 0));
        if (progress.FirstOrDefault(p => p?.State == RankState.Failed) is { } failed)
        {
            await EndAsync(JobPhase.Failed, failed.Fault);
            return;
        }

        var status = await servers.StatusAsync(JobId);
        Ranks.NoteJoins(progress);
        Servers.Step = status.Min(s => s.Version);
        Record.TotalSteps = status[0].TotalSteps;
        if (status.FirstOrDefault(s => s.Error.Length > 0) is { } broken)
            Notes.Say(broken.Error, JobLogKind.Fault);
        if (status[0].Note.Length > 0)
            Notes.SayOnce(status[0].Note);
        await Servers.SealAsync(status, Job.Spec.Checkpoint.Keep);
        if (status.FirstOrDefault(s => s.Fault is not null) is { } faulty)
            await FaultAsync(faulty.Fault);
        else if (status.All(s => s.Finished) && progress.All(p => p?.State == RankState.Finished))
            await CompleteAsync(servers, preparation);
        else if (!status.Any(s => s.Leaving))
            await Ranks.BalanceAsync(progress);
        // While a rank is on its way to another silo the open step could not close.
        else if (progress.All(p => p is not null) || status.Any(s => s.Stopped))
            await Servers.HandOverAsync(status, Job.Spec.Checkpoint.Keep);
    }

    private async Task CountRecoveriesAsync(RankProgress?[] progress)
    {
        List<string> now = [.. progress.Select((p, rank) => p?.Silo ?? Record.RankSilos.ElementAtOrDefault(rank) ?? string.Empty)];
        if (now.SequenceEqual(Record.RankSilos))
            return;
        for (var rank = 0; rank < Record.RankSilos.Count; rank++)
        {
            if (Record.RankSilos[rank] is not { Length: > 0 } before || before == now[rank])
                continue;
            if (progress[rank]?.MovedFrom is not null)
            {
                Notes.Say($"rank {rank} moves to silo {now[rank]}", JobLogKind.Moved);
                continue;
            }

            Record.Recoveries++;
            TrainingMeter.Recoveries.Add(1, TrainingMeter.Job(JobId));
            Notes.Say($"rank {rank} goes on at silo {now[rank]}; {before} is gone", JobLogKind.Moved);
        }

        Record.RankSilos = now;
        await state.WriteOrEndAsync(this);
    }

    private async Task CompleteAsync(ServerControl servers, JobPreparation preparation)
    {
        var status = await Servers.StopAsync(Job.Spec.Checkpoint.Keep);
        if (Record.SealedSteps.LastOrDefault(-1) != status.Min(s => s.Version))
        {
            var errors = (await servers.StatusAsync(JobId)).Select(s => s.Error).Where(e => e.Length > 0);
            await EndAsync(JobPhase.Failed, $"the final version could not be saved: {string.Join("; ", errors)}");
            return;
        }

        var vector = await servers.ReadVersionAsync(JobId, preparation.Layout, CancellationToken.None);
        var result = status[0].Result;
        Record.Outcome = new JobOutcome(
            result.Steps,
            result.Epochs,
            result.TrainLoss,
            result.TestAccuracy,
            result.TestLoss,
            result.ImagesPerSecond,
            result.StepMillisecondsMedian,
            result.OverheadShare,
            WeightsHash.Compute(preparation.Layout, vector),
            Record.Recoveries + Record.Restores,
            Record.RedoneSteps,
            result.SkippedSteps,
            result.ReplayChecks);
        await Ranks.StopAsync();
        await WriteEndAsync(JobPhase.Completed);
    }

    /// <summary>Ends a job that does not complete: the ranks stop, the servers save what is committed and let go.</summary>
    private async Task EndAsync(JobPhase phase, string? error)
    {
        Record.Error = error;
        // When a job is cancelled its open step may still close. One in which a rank has failed never does: the servers need not wait for it.
        if (phase == JobPhase.Failed)
            await Ranks.StopAsync();
        if (Record.Servers.Count > 0)
            await SaveAsync();
        if (phase != JobPhase.Failed)
            await Ranks.StopAsync();
        await WriteEndAsync(phase);
    }

    /// <summary>The servers save what is committed, as far as they can be reached, and the job's log says where that is not the newest step.</summary>
    private async Task SaveAsync()
    {
        try
        {
            await Servers.StopAsync(Job.Spec.Checkpoint.Keep);
            if (Record.Step < Servers.Step)
                Notes.Say($"the job was at step {Servers.Step}; what is saved of it is {(Record.Step > 0 ? $"step {Record.Step}" : "nothing")}");
        }
        catch (RpcException e)
        {
            JobLog.ServerAway(logger, JobId, e.Status.Detail);
        }
    }

    private async Task WriteEndAsync(JobPhase phase)
    {
        Record.Step = Math.Max(Servers.Step, Record.Step);
        Record.Phase = phase;
        await state.WriteOrEndAsync(this);
        JobLog.Ended(logger, JobId, phase, Record.Error ?? "");
        // Only now that the end is on record: a job whose partitions are gone could not be driven again.
        await Servers.ReleaseAsync();
        Waits.EndAll();
    }
}

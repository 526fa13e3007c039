using DistTrain.Protocol.Transport;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// Drives one job. The queue calls it each second:
/// <code>
/// 1 look     what do the job's ranks, servers and record say?                  JobSight → JobLook
/// 2 decide   what is due, and why? A pure function of look, record and time    JobDecision → JobAction
/// 3 act      do it; where more is due at once, look again                      JobActs
/// </code>
/// Nothing of the job's progress depends on this grain's memory, so it may be lost with its silo at any moment: what the next look needs is in the record, which
/// only this grain writes, and at the servers.
/// </summary>
internal sealed class JobGrain(
    [PersistentState("job", ClusterSetup.JobStorage)] IPersistentState<JobRecord> state,
    SiloOptions options,
    PeerChannels peers,
    DatasetCache datasets,
    ISiloStatusOracle silos,
    IHostApplicationLifetime silo,
    TimeProvider time,
    JobClock clock,
    ILogger<JobGrain> logger) : Grain, IJobGrain, IGrainMigrationParticipant
{
    private const string NotesKey = "notes";

    private JobJournal? _journal;
    private JobNotes? _notes;
    private JobWaits? _waits;
    private JobServers? _servers;
    private JobActs? _acts;
    private JobDecision? _decision;
    private IReadOnlyList<RankProgress?> _ranks = [];

    private JobJournal Journal => _journal ??= new JobJournal(state, this);

    private JobRecord Record => Journal.Record;

    private string JobId => this.GetPrimaryKeyString();

    private JobNotes Notes => _notes ??= new JobNotes(clock, () => _servers?.Step ?? Record.Step);

    private JobWaits Waits => _waits ??= new JobWaits(Notes, clock);

    private JobServers Servers => _servers ??= new JobServers(JobId, Record.Step, peers, Waits, time, logger);

    /// <summary>Made for one job file: another one needs others.</summary>
    private JobActs Acts => _acts ??= MakeActs();

    public async Task<bool> SubmitAsync(string jobFile, string submitter, DataRecord data)
    {
        if (Journal.Exists)
            return Record.JobFile == jobFile && Record.Submitter == submitter;
        await Journal.WriteAsync(Record with { JobFile = jobFile, Submitter = submitter, Data = data, SubmittedAt = clock.UtcNow.ToUnixTimeMilliseconds() });
        return true;
    }

    public async Task WithdrawAsync()
    {
        if (!Journal.Exists || Record.Phase != JobPhase.Queued || Record.Generation > 1)
            return;
        await Journal.ClearAsync();
        DeactivateOnIdle();
    }

    public async Task StartAsync()
    {
        if (Record.Phase != JobPhase.Queued)
            return;
        Waits.End(JobDecision.Turn);
        await Journal.WriteAsync(Record with { Phase = JobPhase.Running });
    }

    public async Task<IReadOnlyList<string>> ResumeAsync(string jobFile)
    {
        var job = JobFile.Read(jobFile, JobId, []).Job!;
        if (JobFile.Read(Record.JobFile, JobId, []).Job is { } known)
            jobFile = JobFile.Write(job = job.AnsweredLike(known));
        var preparation = await JobPreparation.OfAsync(job.Spec, datasets);
        var before = new SavedJob(Record.JobFile, LayoutHash: null, Record.BeganWith() ?? preparation.Data.Fingerprint);
        if (before.Differences(JobId, job, preparation, (was, now) => datasets.Describe(job.Spec.Dataset, Record.Data?.Files ?? [], was, now)) is { Count: > 0 } differences)
            return differences;
        if (Record.Phase == JobPhase.Completed || (!Record.HasEnded && !Record.CancelRequested && Record.JobFile == jobFile))
            return [];
        // Who is away is waited for anew.
        Waits.EndAll();
        Journal.Keep(Record.Resumed(jobFile, preparation.Data));
        _acts = null;
        await Acts.BeginGenerationAsync(Record, "resumed");
        return [];
    }

    public async Task CancelAsync()
    {
        if (!Journal.Exists || Record.HasEnded || Record.CancelRequested)
            return;
        Notes.Say("cancellation requested");
        await Journal.WriteAsync(Record with { CancelRequested = true });
        this.AsReference<IJobGrain>().TickAsync().Ignore();
    }

    public Task<JobDescription> DescribeAsync()
    {
        // The queue asks each second, and watchers more often, also while a look at the job waits for an answer.
        Waits.Look();
        return Task.FromResult(new JobDescription(
            Journal.Exists,
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
            Waits.Text,
            _decision?.Reason,
            Record.Findings,
            Record.RankSilos,
            _ranks));
    }

    public async Task TickAsync()
    {
        if (!Journal.Exists || Record.HasEnded)
            return;
        // 1 look
        for (JobLook? look = await Acts.LookAsync(); look is not null;)
        {
            _ranks = look.Ranks.Count > 0 ? look.Ranks : _ranks;
            // 2 decide
            _decision = JobDecision.Of(Record, look, clock.Now);
            Log(_decision, look);
            // 3 act
            look = await Acts.DoAsync(_decision, look);
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _servers?.Dispose();
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown && silos.HasOthers())
            this.MigrateOnIdle();
        return Task.CompletedTask;
    }

    void IGrainMigrationParticipant.OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(NotesKey, Notes.Lines.ToList());

    void IGrainMigrationParticipant.OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<List<JobLogLine>>(NotesKey, out var lines))
            Notes.GoOn(lines!);
    }

    private JobActs MakeActs()
    {
        var job = JobFile.Read(Record.JobFile, JobId, []).Job!;
        var parts = new JobParts(Notes, Waits, Servers, new JobRanks(GrainFactory, silos, Waits, clock, JobId, job.Spec.Workers, logger));
        return new JobActs(JobId, parts, Journal, new JobSight(job, JobId, parts, options, datasets, silo), options.Devices, logger);
    }

    private void Log(JobDecision decision, JobLook look)
    {
        if (look.Trouble is { Unforeseen: { } exception })
            JobLog.Broken(logger, JobId, exception);
        else if (look is { Trouble: { } trouble, SiloLeaves: true })
            JobLog.NotDriven(logger, JobId, trouble.Detail);
        else if (look.Trouble is { IsAway: true } away)
            JobLog.ServerAway(logger, JobId, away.Detail);
        if (decision.Action is not JobAction.Wait)
            JobLog.Decided(logger, JobId, decision.Action.GetType().Name, decision.Reason);
    }
}

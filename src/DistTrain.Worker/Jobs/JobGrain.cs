using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Models;
using DistTrain.Worker.Hosting;
using DistTrain.Worker.Ranks;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs;

/// <summary>
/// Orchestrates one job. It is looked at each second from the queue and then does what is due; nothing of the job's progress depends on this
/// grain's memory, so it may be lost with its silo at any moment.
/// </summary>
internal sealed class JobGrain(
    [PersistentState("job", "jobs")] IPersistentState<JobRecord> state,
    SiloOptions options,
    DatasetCache datasets,
    TimeProvider time,
    ILogger<JobGrain> logger) : Grain, IJobGrain
{
    /// <summary>How long a server may be away; ranks wait about as long.</summary>
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(40);

    private readonly List<JobLogLine> _log = [];
    private ServerControl? _servers;
    private JobPreparation? _preparation;
    private TrainingJob? _job;
    private JobRanks? _ranks;
    private long? _unreachableSince;
    private long _step;
    private long _restoring;

    private JobRecord Record => state.State;

    private string JobId => this.GetPrimaryKeyString();

    private JobRanks Ranks => _ranks ??= new JobRanks(GrainFactory, JobId, Job.Spec.Workers, logger);

    private TrainingJob Job => _job ??= JobFile.Read(Record.JobFile, JobId, []).Job!;

    public async Task<bool> SubmitAsync(string jobFile)
    {
        if (state.RecordExists)
            return Record.JobFile == jobFile;
        Record.JobFile = jobFile;
        Record.SubmittedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        await state.WriteStateAsync();
        return true;
    }

    public async Task StartAsync()
    {
        if (Record.Phase != JobPhase.Queued)
            return;
        Record.Phase = JobPhase.Running;
        await state.WriteStateAsync();
    }

    public async Task CancelAsync()
    {
        if (!state.RecordExists || Record.HasEnded || Record.CancelRequested)
            return;
        Record.CancelRequested = true;
        Say("cancellation requested");
        await state.WriteStateAsync();
        this.AsReference<IJobGrain>().TickAsync().Ignore();
    }

    public Task<JobDescription> DescribeAsync() => Task.FromResult(new JobDescription(
        state.RecordExists,
        JobId,
        Record.JobFile,
        Record.Phase,
        Math.Max(_step, Record.Step),
        Record.TotalSteps,
        Record.SubmittedAt,
        Record.Error,
        Record.Outcome,
        Record.Servers,
        [.. _log]));

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
            return;
        try
        {
            await DriveAsync();
            _unreachableSince = null;
        }
        catch (Exception e) when (e is DatasetException or ModelException)
        {
            await EndAsync(JobPhase.Failed, e.Message);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound && Record.IsOpen)
        {
            await NextGenerationAsync(e.Status.Detail);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.DataLoss && !Record.IsOpen)
        {
            Record.DamagedCheckpoints.Add(e.Status.Detail);
            Record.UsableBelow = _restoring;
            await NextGenerationAsync(e.Status.Detail);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded && ServerMayComeBack())
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

    /// <summary>
    /// The servers start anew, in a generation of their own: one of them was started again without its partition, or the checkpoint they were
    /// to go on from can't be used.
    /// </summary>
    private async Task NextGenerationAsync(string reason)
    {
        Say($"{reason}: the servers go on from a checkpoint");
        Record.Generation++;
        Record.IsOpen = false;
        _servers?.Dispose();
        _servers = null;
        await state.WriteStateAsync();
        JobLog.Restoring(logger, JobId, Record.Generation, reason);
    }

    private bool ServerMayComeBack() =>
        time.GetElapsedTime(_unreachableSince ??= time.GetTimestamp()) < ServerPatience;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _servers?.Dispose();
        return Task.CompletedTask;
    }

    private async Task DriveAsync()
    {
        var preparation = _preparation ??= await JobPreparation.OfAsync(Job.Spec, datasets);
        var servers = _servers ??= await OpenAsync(preparation);
        if (Record.HasEnded)
            return;
        var progress = await Ranks.RunAsync(rank =>
            new RankAssignment(JobId, rank, Record.Generation, Record.JobFile, Record.Servers, Record.DataFingerprint));
        await CountRecoveriesAsync(progress);
        if (progress.FirstOrDefault(p => p?.State == RankState.Failed) is { } failed)
        {
            await EndAsync(JobPhase.Failed, failed.Fault);
            return;
        }

        var status = await servers.StatusAsync(JobId);
        _step = status.Min(s => s.Version);
        Record.TotalSteps = status[0].TotalSteps;
        if (status.FirstOrDefault(s => s.Error.Length > 0) is { } broken)
            Say(broken.Error);
        if (status[0].Note.Length > 0)
            SayOnce(status[0].Note);
        await SealAsync(servers, status);
        if (status.All(s => s.Finished) && progress.All(p => p?.State == RankState.Finished))
            await CompleteAsync(servers, preparation);
    }

    private async Task<ServerControl> OpenAsync(JobPreparation preparation)
    {
        if (Record.Servers.Count == 0)
        {
            // A server without a bucket could not take part in a step.
            Record.Servers = [.. options.Servers.Take(preparation.Layout.Buckets.Count)];
            Record.DataFingerprint = preparation.DataFingerprint;
            await state.WriteStateAsync();
        }

        var servers = new ServerControl(Record.Servers, time);
        // A server that lost a partition must say so: made again, it would start the job over.
        if (Record.IsOpen)
            return servers;
        var request = new OpenPartitionRequest
        {
            JobId = JobId,
            Generation = Record.Generation,
            JobFile = Record.JobFile,
            Layout = LayoutJson.Write(preparation.Layout),
            TrainExamples = preparation.TrainExamples,
            TestExamples = preparation.TestExamples,
            DataFingerprint = Record.DataFingerprint,
            Leader = Record.Servers[0],
        };
        PartitionStatus[] opened;
        try
        {
            if (!await ChooseCheckpointAsync(servers, request, preparation.Layout.Length))
                return servers;
            opened = await servers.OpenAsync(request);
        }
        catch
        {
            servers.Dispose();
            throw;
        }

        Record.TotalSteps = opened[0].TotalSteps;
        Record.IsOpen = true;
        if (Record.Generation > 1)
            WentOn(opened[0].Version);
        await state.WriteStateAsync();
        Say($"{preparation.Layout.ParameterCount:N0} parameters in {preparation.Layout.Buckets.Count} buckets on {Record.Servers.Count} server(s), "
            + $"{Job.Spec.Workers} rank(s), {opened[0].TotalSteps:N0} steps");
        return servers;
    }

    /// <summary>Later generations go on from the newest checkpoint that the servers have.</summary>
    /// <returns>False where there were checkpoints and none can be used: the job has ended.</returns>
    private async Task<bool> ChooseCheckpointAsync(ServerControl servers, OpenPartitionRequest request, int elements)
    {
        if (Record.Generation == 1)
            return true;
        var choice = CheckpointChoice.Newest(await servers.ListCheckpointsAsync(JobId), elements, Record.UsableBelow);
        NameLost(after: choice?.Step ?? -1);
        if (choice is not null)
        {
            _restoring = choice.Step;
            request.RestoredStep = choice.Step;
            request.RestoredParts.AddRange(choice.Parts);
        }
        else if (Record.SealedSteps.Count > 0 || Record.DamagedCheckpoints.Count > 0)
        {
            await EndAsync(JobPhase.Failed, $"no checkpoint can be used, and nothing was overwritten: {string.Join("; ", Record.DamagedCheckpoints)}");
            return false;
        }

        return true;
    }

    /// <summary>Sealed once, and now not even tried: some server has neither its manifest nor its part.</summary>
    private void NameLost(long after)
    {
        foreach (var step in Record.SealedSteps.Where(s => s > after && s < Record.UsableBelow))
        {
            Record.DamagedCheckpoints.Add($"checkpoints/step-{step}: the manifest or a part is missing");
            Say(Record.DamagedCheckpoints[^1]);
        }
    }

    /// <summary>The servers are at the version of a checkpoint.</summary>
    private void WentOn(long step)
    {
        var redone = Math.Max(0, Math.Max(_step, Record.Step) - step);
        Record.Restores++;
        Record.RedoneSteps += redone;
        Record.UsableBelow = long.MaxValue;
        Record.SealedSteps = [.. Record.SealedSteps.Where(s => s < step), .. step > 0 ? [step] : Array.Empty<long>()];
        _step = Record.Step = step;
        Say($"generation {Record.Generation} goes on from step {step}; {redone} step(s) are done again");
    }

    private async Task CountRecoveriesAsync(RankProgress?[] progress)
    {
        List<string> silos = [.. progress.Select((p, rank) => p?.Silo ?? Record.RankSilos.ElementAtOrDefault(rank) ?? string.Empty)];
        if (silos.SequenceEqual(Record.RankSilos))
            return;
        for (var rank = 0; rank < Record.RankSilos.Count; rank++)
        {
            if (Record.RankSilos[rank] is { Length: > 0 } before && before != silos[rank])
            {
                Record.Recoveries++;
                Say($"rank {rank} goes on at {silos[rank]}; {before} is gone");
            }
        }

        Record.RankSilos = silos;
        await state.WriteStateAsync();
    }

    /// <summary>Declares the newest checkpoint complete that every server has its part of.</summary>
    private async Task SealAsync(ServerControl servers, IReadOnlyList<PartitionStatus> status)
    {
        var common = status[0].Saved.Select(p => p.Step).Where(step => status.All(s => s.Saved.Any(p => p.Step == step))).DefaultIfEmpty(-1).Max();
        if (common < 0)
            return;
        List<long> keep = [.. Record.SealedSteps.Where(s => s != common).Append(common).TakeLast(Job.Spec.Checkpoint.Keep)];
        var request = new SealCheckpointRequest { JobId = JobId };
        request.Parts.AddRange(status.Select(s => s.Saved.First(p => p.Step == common)));
        request.Keep.AddRange(keep);
        if ((await servers.SealAsync(request)).FirstOrDefault(s => s.Saved.Any(p => p.Step == common)) is { } failed)
        {
            // Its parts are on disk, and make a checkpoint also without a manifest; the record tells of those that are sealed.
            Say(failed.Error);
            return;
        }

        Record.SealedSteps = keep;
        Record.Step = common;
        await state.WriteStateAsync();
    }

    private async Task CompleteAsync(ServerControl servers, JobPreparation preparation)
    {
        var status = await servers.StopAsync(JobId);
        await SealAsync(servers, status);
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
            Record.RedoneSteps);
        await Ranks.StopAsync();
        await WriteEndAsync(JobPhase.Completed);
    }

    /// <summary>Ends a job that does not complete: the ranks stop, the servers save what is committed and let go.</summary>
    private async Task EndAsync(JobPhase phase, string? error)
    {
        Record.Error = error;
        if (_servers is not null || Record.Servers.Count > 0)
        {
            var servers = _servers ??= new ServerControl(Record.Servers, time);
            try
            {
                var status = await servers.StopAsync(JobId);
                await SealAsync(servers, status);
                _step = status.Min(s => s.Version);
            }
            catch (RpcException e)
            {
                JobLog.ServerAway(logger, JobId, e.Status.Detail);
            }
        }

        await Ranks.StopAsync();
        await WriteEndAsync(phase);
    }

    private async Task WriteEndAsync(JobPhase phase)
    {
        Record.Step = Math.Max(_step, Record.Step);
        Record.Phase = phase;
        await state.WriteStateAsync();
        JobLog.Ended(logger, JobId, phase, Record.Error ?? "");
        // Only now that the end is on record: a job whose partitions are gone could not be driven again.
        await ReleaseAsync();
    }

    private async Task ReleaseAsync()
    {
        if (_servers is not { } servers)
            return;
        try
        {
            await servers.ReleaseAsync(JobId);
        }
        catch (RpcException e)
        {
            JobLog.ServerAway(logger, JobId, e.Status.Detail);
        }

        servers.Dispose();
        _servers = null;
    }

    private void SayOnce(string text)
    {
        if (_log.TrueForAll(l => l.Text != text))
            Say(text);
    }

    private void Say(string text)
    {
        if (_log.Count == 0 || _log[^1].Text != text)
            _log.Add(new JobLogLine(time.GetUtcNow().ToUnixTimeMilliseconds(), text));
    }
}

using System.Collections.ObjectModel;
using DistTrain.Observability;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs;

/// <summary>
/// The parameter servers of one job over its generations: opened at version 0 or at a checkpoint, and anew when one of them was lost, leaves or is
/// replaced. What it must not forget stands in the job's record.
/// </summary>
/// <param name="jobId">The job.</param>
/// <param name="record">Its record.</param>
/// <param name="save">Writes the record.</param>
/// <param name="peers">Reaches the servers.</param>
/// <param name="notes">Told what the user should know.</param>
/// <param name="waits">Told of servers that are asked, and answer.</param>
/// <param name="time">Measures limits.</param>
/// <param name="logger">Told of generations.</param>
internal sealed class JobServers(string jobId, JobRecord record, Func<Task> save, PeerChannels peers, JobNotes notes, JobWaits waits, TimeProvider time, ILogger logger) : IDisposable
{
    private ServerControl? _control;
    private long _restoring;

    /// <summary>The committed step when it was last seen.</summary>
    public long Step { get; set; } = record.Step;

    /// <summary>The servers of the present generation: opened, if they are not.</summary>
    /// <param name="job">The job.</param>
    /// <param name="preparation">Its data and layout.</param>
    /// <param name="endpoints">The cluster's servers now.</param>
    /// <exception cref="RpcException">A server is away or refuses; DATA_LOSS: see <see cref="PassOverCheckpointAsync"/>.</exception>
    /// <exception cref="JobFailedException">The checkpoints belong to another job, or none of them can be used.</exception>
    public async Task<ServerControl> OpenAsync(TrainingJob job, JobPreparation preparation, IReadOnlyList<string> endpoints)
    {
        // A server that lost a partition must say so: made again, it would start the job over.
        if (_control is not null && record.IsOpen)
            return _control;
        await UseAsync([.. endpoints.Take(preparation.Layout.Buckets.Count)], preparation.Data.Fingerprint);
        _control?.Dispose();
        var control = _control = new ServerControl(record.Servers, peers, time, waits);
        if (record.IsOpen)
            return control;
        var opened = await control.OpenAsync(await RequestAsync(control, job, preparation));
        record.TotalSteps = opened[0].TotalSteps;
        record.IsOpen = true;
        if (record.Generation > 1)
            WentOn(opened[0].Version);
        await save();
        notes.Say($"{preparation.Layout.ParameterCount:N0} parameters in {preparation.Layout.Buckets.Count} buckets on {record.Servers.Count} server(s), "
            + $"{job.Spec.Workers} rank(s), {opened[0].TotalSteps:N0} steps");
        return control;
    }

    /// <summary>The servers start anew, in a generation of their own, the next time they are opened.</summary>
    public async Task BeginGenerationAsync(string reason)
    {
        notes.Say($"{reason}: the servers go on from a checkpoint", JobLogKind.Restored);
        record.Generation++;
        record.IsOpen = false;
        await save();
        JobLog.Restoring(logger, jobId, record.Generation, reason);
    }

    /// <summary>The checkpoint that the servers were to go on from can't be used: the one before it is next.</summary>
    public Task PassOverCheckpointAsync(string reason)
    {
        record.DamagedCheckpoints.Add(reason);
        record.UsableBelow = _restoring;
        return BeginGenerationAsync(reason);
    }

    /// <summary>Training goes on from before a step whose numbers were wrong, without what was learned from there to the step.</summary>
    public Task PassOverAsync(PassedOver steps, string reason)
    {
        record.PassedOver.Add(steps);
        record.SealedSteps.RemoveAll(step => step > steps.First);
        return BeginGenerationAsync($"{reason}; steps {steps.First} to {steps.Last} are passed over");
    }

    /// <summary>A server has been asked to end: training stops at a step's end, which is saved, and goes on from there once the server is back.</summary>
    public async Task HandOverAsync(IReadOnlyList<PartitionStatus> status, int keep)
    {
        var leaving = status.Index().Where(s => s.Item.Leaving).Select(s => record.Servers[s.Index]);
        await StopAsync(keep);
        await BeginGenerationAsync($"server {string.Join(", ", leaving)} leaves");
        // Until now the server has waited: whatever failed above is tried again.
        await ReleaseAsync();
    }

    /// <summary>Ends training at a step's end and makes what the servers save then a checkpoint.</summary>
    /// <returns>How the servers stand.</returns>
    public async Task<PartitionStatus[]> StopAsync(int keep)
    {
        var control = _control ??= new ServerControl(record.Servers, peers, time, waits);
        var status = await control.StopAsync(jobId);
        Step = status.Min(s => s.Version);
        await SealAsync(status, keep);
        return status;
    }

    /// <summary>Declares the newest checkpoint complete that every server has its part of.</summary>
    /// <param name="status">How the servers stand.</param>
    /// <param name="keep">How many checkpoints stay.</param>
    public async Task SealAsync(IReadOnlyList<PartitionStatus> status, int keep)
    {
        var common = status[0].Saved.Select(p => p.Step).Where(step => status.All(s => s.Saved.Any(p => p.Step == step))).DefaultIfEmpty(-1).Max();
        if (common < 0)
            return;
        List<long> kept = [.. record.SealedSteps.Where(s => s != common).Append(common).TakeLast(keep)];
        var request = new SealCheckpointRequest { JobId = jobId };
        request.Parts.AddRange(status.Select(s => s.Saved.First(p => p.Step == common)));
        request.Keep.AddRange(kept);
        if ((await _control!.SealAsync(request)).FirstOrDefault(s => s.Saved.Any(p => p.Step == common)) is { } failed)
        {
            // Its parts are on disk, and make a checkpoint also without a manifest; the record tells of those that have one everywhere.
            notes.Say(failed.Error, JobLogKind.Fault);
            return;
        }

        record.SealedSteps = kept;
        record.Step = common;
        await save();
    }

    /// <summary>The servers give the job's memory back; one that can't be reached has to be asked again, or forgets it with its end.</summary>
    public async Task ReleaseAsync()
    {
        if (_control is not { } control)
            return;
        try
        {
            await control.ReleaseAsync(jobId);
        }
        catch (RpcException e)
        {
            JobLog.ServerAway(logger, jobId, e.Status.Detail);
        }

        Dispose();
    }

    public void Dispose()
    {
        _control?.Dispose();
        _control = null;
    }

    /// <summary>The cluster's servers are the job's; when they have become others, what is on their disks decides where it goes on.</summary>
    private async Task UseAsync(List<string> servers, string dataFingerprint)
    {
        if (record.Servers.SequenceEqual(servers))
            return;
        var changed = record.Servers.Count > 0;
        record.Servers = servers;
        waits.EndAll();
        // A server without a bucket could not take part in a step: there may be fewer than the cluster has.
        if (record.DataFingerprint.Length == 0)
            (record.DataFingerprint, record.Arithmetic) = (dataFingerprint, NativeEnvironment.Arithmetic);
        if (changed)
            await BeginGenerationAsync($"the cluster's servers are {string.Join(", ", servers)} now");
        else
            await save();
    }

    /// <summary>Asks for version 0, or for the newest checkpoint that the servers have; what they have comes before the record, which may be new.</summary>
    private async Task<OpenPartitionRequest> RequestAsync(ServerControl control, TrainingJob job, JobPreparation preparation)
    {
        IReadOnlyList<StoredCheckpoints> stored = await control.ListCheckpointsAsync(jobId);
        if (SavedJob.Of(stored)?.Differences(jobId, job, preparation, (was, now) => DatasetChange.Describe(job.Spec.Dataset, ReadOnlyDictionary<string, string>.Empty, was, now)) is { Count: > 0 } differences)
            throw new JobFailedException(string.Join("; ", differences));
        await RaiseGenerationAsync(stored);
        var request = new OpenPartitionRequest
        {
            JobId = jobId,
            Generation = record.Generation,
            JobFile = record.JobFile,
            Layout = LayoutJson.Write(preparation.Layout),
            TrainExamples = preparation.Data.TrainExamples,
            TestExamples = preparation.Data.TestExamples,
            DataFingerprint = record.DataFingerprint,
            DataSummary = preparation.Data.Summary,
            Leader = record.Servers[0],
            PassedOver = { record.PassedOver.Select(steps => steps.ToMessage()) },
        };
        stored = Rollback.Usable(stored, record.PassedOver);
        var choice = CheckpointChoice.Newest(stored, preparation.Layout.Length, record.UsableBelow);
        NameLost(after: choice?.Step ?? -1);
        if (choice is not null)
        {
            _restoring = choice.Step;
            request.RestoredStep = choice.Step;
            request.RestoredParts.AddRange(choice.Parts);
        }
        else if (record.SealedSteps.Count > 0 || record.UsableBelow < long.MaxValue || stored.Any(s => s.Checkpoints.Any(c => c.Sealed)))
        {
            throw new JobFailedException($"no checkpoint can be used, and nothing was overwritten: {string.Join("; ", record.DamagedCheckpoints)}");
        }

        return request;
    }

    /// <summary>Where the record is younger than what the servers have (it was lost, and is made anew), its generation follows theirs.</summary>
    private async Task RaiseGenerationAsync(IReadOnlyList<StoredCheckpoints> stored)
    {
        var onDisk = stored.SelectMany(s => s.Checkpoints).SelectMany(c => c.Parts).Select(p => p.Generation).DefaultIfEmpty(0).Max();
        var inMemory = stored.Max(s => s.Generation);
        var least = Math.Max(onDisk + 1, inMemory);
        if (record.Generation >= least)
            return;
        record.Generation = least;
        await save();
    }

    /// <summary>Sealed once, and now not even tried: some server has neither its manifest nor its part.</summary>
    private void NameLost(long after)
    {
        foreach (var step in record.SealedSteps.Where(s => s > after && s < record.UsableBelow))
        {
            record.DamagedCheckpoints.Add($"checkpoints/step-{step}: the manifest or a part is missing");
            notes.Say(record.DamagedCheckpoints[^1], JobLogKind.Fault);
        }
    }

    /// <summary>The servers are at the version of a checkpoint.</summary>
    private void WentOn(long step)
    {
        var redone = Math.Max(0, Math.Max(Step, record.Step) - step);
        record.Restores++;
        TrainingMeter.Restores.Add(1, TrainingMeter.Job(jobId));
        record.RedoneSteps += redone;
        record.UsableBelow = long.MaxValue;
        record.SealedSteps = [.. record.SealedSteps.Where(s => s < step), .. step > 0 ? [step] : Array.Empty<long>()];
        Step = record.Step = step;
        notes.Say($"generation {record.Generation} goes on from step {step}; {redone} step(s) are done again", JobLogKind.Restored);
    }
}

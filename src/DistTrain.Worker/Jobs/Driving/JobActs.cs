using DistTrain.Observability;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Training.Steps;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// Does what was decided about a job, and decides nothing. What it learns goes into a further look; what must not be forgotten, to the grain, which alone writes
/// the job's record.
/// </summary>
/// <param name="id">The job.</param>
/// <param name="parts">What is acted upon.</param>
/// <param name="journal">Its record.</param>
/// <param name="sight">Looks again.</param>
/// <param name="logger">Told what was done.</param>
internal sealed class JobActs(string id, JobParts parts, JobJournal journal, JobSight sight, DeviceSet devices, ILogger logger)
{
    private JobRecord Record => journal.Record;

    /// <summary>Looks at the job, and takes in what was seen.</summary>
    /// <exception cref="OrleansException">The cluster itself is in the way.</exception>
    public async Task<JobLook> LookAsync()
    {
        var look = await sight.LookAsync(Record);
        if (Record.Data is null && look.Preparation is { } read)
            journal.Keep(Record with { Data = read.Data });
        await NoteRanksAsync(look);
        NoteServers(look);
        return look;
    }

    /// <summary>Does it.</summary>
    /// <returns>What is seen of the job now, where there may be more to do at once; null: the next look does.</returns>
    /// <exception cref="OrleansException">The cluster itself is in the way.</exception>
    public async Task<JobLook?> DoAsync(JobDecision decision, JobLook look)
    {
        try
        {
            switch (decision.Action)
            {
                case JobAction.Wait wait:
                    if (wait.Whom is { } whom)
                        parts.Waits.Begin(whom);
                    return null;
                case JobAction.Open open:
                    await OpenAsync(open, look);
                    return await LookAsync();
                case JobAction.NewGeneration { Servers: { } servers }:
                    parts.Waits.EndAll();
                    await BeginGenerationAsync(Record.InNewGeneration() with { Servers = [.. servers] }, decision.Reason);
                    return null;
                case JobAction.NewGeneration:
                    await BeginGenerationAsync(Record.InNewGeneration(), decision.Reason);
                    return null;
                case JobAction.PassOverCheckpoint damaged:
                    await BeginGenerationAsync(Record.WithoutCheckpoint(damaged.Step, decision.Reason), decision.Reason);
                    return null;
                case JobAction.PassOverSteps wrong:
                    await BeginGenerationAsync(Record.WithoutSteps(wrong.Steps), decision.Reason);
                    return null;
                case JobAction.Seal seal:
                    await SealAsync(seal.Checkpoint);
                    return look with { IsSealed = true };
                case JobAction.HandOver:
                    await StopAsync(look);
                    await BeginGenerationAsync(Record.InNewGeneration(), decision.Reason);
                    // Until now the server has waited: whatever failed above is tried again.
                    await parts.Servers.ReleaseAsync();
                    return null;
                case JobAction.Balance balance:
                    await parts.Ranks.MoveAsync(balance.Move);
                    return null;
                case JobAction.Complete:
                    return await CompleteAsync(look);
            }
        }
        catch (Exception e) when (JobTrouble.Of(e) is { } trouble)
        {
            return sight.Met(trouble, look);
        }

        await EndAsync(decision, look);
        return null;
    }

    /// <summary>The servers start anew the next time they are opened.</summary>
    public async Task BeginGenerationAsync(JobRecord next, string reason)
    {
        parts.Notes.Say($"{reason}: the servers go on from a checkpoint", JobLogKind.Restored);
        await journal.WriteAsync(next);
        JobLog.Restoring(logger, id, Record.Generation, reason);
    }

    private async Task NoteRanksAsync(JobLook look)
    {
        var next = look.Ranks.Count == 0 ? Record : Record.Placed(look.Ranks);
        if (next.RankSilos.SequenceEqual(Record.RankSilos))
            return;
        foreach (var news in RankNews.Of(Record.RankSilos, look.Ranks))
        {
            if (news.IsRecovery)
                TrainingMeter.Recoveries.Add(1, TrainingMeter.Job(id));
            parts.Notes.Say(news.ToString(), JobLogKind.Moved);
        }

        await journal.WriteAsync(next);
    }

    private void NoteServers(JobLook look)
    {
        if (look.Partitions.Count == 0)
            return;
        journal.Keep(Record with { TotalSteps = look.Partitions[0].TotalSteps });
        if (look.Partitions.FirstOrDefault(server => server.Error.Length > 0) is { } broken)
            parts.Notes.Say(broken.Error, JobLogKind.Fault);
        if (look.Partitions[0].Note is { Length: > 0 } note)
            parts.Notes.SayOnce(note);
    }

    private async Task OpenAsync(JobAction.Open open, JobLook look)
    {
        foreach (var lost in open.Lost)
            parts.Notes.Say(lost, JobLogKind.Fault);
        await journal.WriteAsync(Record.Opening(open, look, NativeEnvironment.Arithmetic(look.Spec.Precision, devices.KindOf(look.Spec.Device))));
        var (layout, data) = look.Preparation!;
        var request = new OpenPartitionRequest
        {
            JobId = id,
            Generation = Record.Generation,
            JobFile = Record.JobFile,
            Layout = LayoutJson.Write(layout),
            TrainExamples = data.TrainExamples,
            TestExamples = data.TestExamples,
            DataFingerprint = Record.DataFingerprint,
            DataSummary = data.Summary,
            Leader = Record.Servers[0],
            PassedOver = { Record.PassedOver.Select(steps => steps.ToMessage()) },
        };
        if (open.At is { } checkpoint)
        {
            request.RestoredStep = checkpoint.Step;
            request.RestoredParts.AddRange(checkpoint.Parts);
        }

        var opened = (await parts.Servers.Of(Record.Servers).OpenAsync(request))[0];
        if (Record.Generation > 1)
            await GoOnAsync(opened, isSaved: open.At is not null);
        else
            await journal.WriteAsync(Record.Opened(opened.TotalSteps));
        parts.Notes.Say($"{layout.ParameterCount:N0} parameters in {layout.Buckets.Count} buckets on {Record.Servers.Count} server(s), "
            + $"{look.Spec.Workers} rank(s), {opened.TotalSteps:N0} steps");
    }

    private async Task GoOnAsync(PartitionStatus opened, bool isSaved)
    {
        var redone = Math.Max(0, Math.Max(parts.Servers.Step, Record.Step) - opened.Version);
        parts.Servers.Step = opened.Version;
        TrainingMeter.Restores.Add(1, TrainingMeter.Job(id));
        parts.Notes.Say($"generation {Record.Generation} goes on from step {opened.Version}; {redone} step(s) are done again", JobLogKind.Restored, redone);
        await journal.WriteAsync(Record.WentOn(opened.TotalSteps, opened.Version, redone, isSaved));
    }

    /// <summary>Declares a checkpoint complete.</summary>
    private async Task SealAsync(Sealing checkpoint)
    {
        var status = await parts.Servers.Of(Record.Servers).SealAsync(checkpoint.ToRequest(id));
        // Its parts are on disk, and make a checkpoint also without a manifest; the record tells of those that have one everywhere.
        if (status.FirstOrDefault(s => s.Saved.Any(p => p.Step == checkpoint.Step)) is { } failed)
            parts.Notes.Say(failed.Error, JobLogKind.Fault);
        else
            await journal.WriteAsync(Record.Sealed(checkpoint));
    }

    /// <summary>Ends training at a step's end, and makes what the servers save then a checkpoint.</summary>
    private async Task<PartitionStatus[]> StopAsync(JobLook look)
    {
        var status = await parts.Servers.StopAsync(Record.Servers);
        if (Sealing.Of(status, Record.SealedSteps, look.Spec.Checkpoint.Keep) is { } checkpoint)
            await SealAsync(checkpoint);
        return status;
    }

    private async Task<JobLook?> CompleteAsync(JobLook look)
    {
        var status = await StopAsync(look);
        var servers = parts.Servers.Of(Record.Servers);
        if (Record.SealedSteps.LastOrDefault(-1) != status.Min(s => s.Version))
        {
            var errors = (await servers.StatusAsync(id)).Select(s => s.Error).Where(e => e.Length > 0);
            return look with { Trouble = new JobTrouble($"the final version could not be saved: {string.Join("; ", errors)}") };
        }

        var layout = look.Preparation!.Layout;
        var findings = look.Spec.Probe is { } probe ? await FindingsAsync(probe, layout, status[0].OpenStep) : null;
        var weights = findings?.WeightsSha256 ?? WeightsHash.Compute(layout, await servers.ReadVersionAsync(id, layout, CancellationToken.None));
        var outcome = JobOutcome.Of(status[0].Result, weights, Record.Recoveries + Record.Restores, Record.RedoneSteps);
        await parts.Ranks.StopAsync();
        await WriteEndAsync(Record.Ended(JobPhase.Completed, parts.Servers.Step, error: null) with { Outcome = outcome, Findings = findings?.ToJson() });
        return null;
    }

    private async Task<ProbeFindings> FindingsAsync(ProbeRecipe probe, ParameterLayout layout, string openStep)
    {
        var progress = OpenStepJson.Read(openStep).Probe!;
        Task<float[]> ReadAsync(ProbeVector which) => parts.Servers.Of(Record.Servers).ReadVersionAsync(id, layout, CancellationToken.None, which, probe.Width);
        var (weights, smallest, largest) = (await ReadAsync(ProbeVector.Weights), await ReadAsync(ProbeVector.Smallest), await ReadAsync(ProbeVector.Largest));
        return probe.IsWide
            ? ProbeFindings.Of<double>(probe.Weights.Step, layout, progress, weights, smallest, largest)
            : ProbeFindings.Of<float>(probe.Weights.Step, layout, progress, weights, smallest, largest);
    }

    /// <summary>Ends a job that does not complete: the ranks stop, the servers save what is committed and let go.</summary>
    private async Task EndAsync(JobDecision decision, JobLook look)
    {
        var isCancelled = decision.Action is JobAction.Cancel;
        // When a job is cancelled its open step may still close. One in which a rank has failed never does: the servers need not wait for it.
        if (!isCancelled)
            await parts.Ranks.StopAsync();
        if (Record.Servers.Count > 0)
            await SaveAsync(look);
        if (isCancelled)
            await parts.Ranks.StopAsync();
        await WriteEndAsync(Record.Ended(isCancelled ? JobPhase.Cancelled : JobPhase.Failed, parts.Servers.Step, isCancelled ? null : decision.Reason));
    }

    /// <summary>The servers save what is committed, as far as they can be reached, and the job's log says where that is not the newest step.</summary>
    private async Task SaveAsync(JobLook look)
    {
        try
        {
            await StopAsync(look);
            if (Record.Step < parts.Servers.Step)
                parts.Notes.Say($"the job was at step {parts.Servers.Step}; what is saved of it is {(Record.Step > 0 ? $"step {Record.Step}" : "nothing")}");
        }
        catch (RpcException e)
        {
            JobLog.ServerAway(logger, id, e.Status.Detail);
        }
    }

    private async Task WriteEndAsync(JobRecord ended)
    {
        await journal.WriteAsync(ended);
        JobLog.Ended(logger, id, Record.Phase, Record.Error ?? "");
        // Only now that the end is on record: a job whose partitions are gone could not be driven again.
        await parts.Servers.ReleaseAsync(Record.Phase == JobPhase.Completed);
        parts.Waits.EndAll();
    }
}

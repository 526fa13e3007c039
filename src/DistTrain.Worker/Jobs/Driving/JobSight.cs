using System.Collections.ObjectModel;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// Looks at a job: asks its ranks, which makes sure that they run, and its servers. It changes nothing; what goes wrong is a part of what was seen.
/// </summary>
/// <param name="job">The job.</param>
/// <param name="id">Its id.</param>
/// <param name="parts">What is asked.</param>
/// <param name="options">The silo: the cluster's servers, its determinism.</param>
/// <param name="datasets">Reads data that the record does not know.</param>
/// <param name="silo">Says whether it leaves.</param>
internal sealed class JobSight(TrainingJob job, string id, JobParts parts, SiloOptions options, DatasetCache datasets, IHostApplicationLifetime silo)
{
    private JobPreparation? _preparation;

    /// <exception cref="OrleansException">The cluster itself is in the way.</exception>
    public async Task<JobLook> LookAsync(JobRecord record)
    {
        var look = new JobLook { Spec = job.Spec, Preparation = _preparation, LastMove = parts.Ranks.LastMove };
        if (record.Phase != JobPhase.Running || record.CancelRequested)
            return look;
        try
        {
            if (record.Servers.Count == 0 && SiloCheck.Problems(job.Spec, options).FirstOrDefault() is { } problem)
                return look with { Trouble = new JobTrouble(problem) };
            look = look with { Preparation = await PrepareAsync(record) };
            look = look with { Servers = [.. (await options.Servers).Take(look.Preparation.Layout.Buckets.Count)] };
            // What the servers from before hold is nobody's concern any more.
            if (record.Servers.Count > 0 && !record.Servers.SequenceEqual(look.Servers))
                return look;
            if (!record.IsOpen)
                return await AskDisksAsync(look);
            look = look with { Ranks = await parts.Ranks.RunAsync(rank => Assignment(record, rank)), Takers = parts.Ranks.Takers };
            // What every rank holds is committed, also if a server that is lost can tell it no more.
            parts.Servers.Step = Math.Max(parts.Servers.Step, look.Ranks.Min(rank => rank?.Step ?? 0));
            look = look with { Partitions = await parts.Servers.Of(record.Servers).StatusAsync(id) };
            parts.Servers.Step = look.Partitions.Min(server => server.Version);
            parts.Servers.NoteDisks(record.Servers, look.Partitions);
            parts.Ranks.NoteJoins(look.Ranks);
            return look;
        }
        catch (Exception e) when (JobTrouble.Of(e) is { } trouble)
        {
            return Met(trouble, look);
        }
    }

    /// <summary>What was seen, and then went wrong.</summary>
    public JobLook Met(JobTrouble trouble, JobLook look) => look with
    {
        Trouble = trouble,
        AwaySince = look.Servers.Min(server => parts.Waits.Since(ServerControl.Whom(server))),
        SiloLeaves = silo.ApplicationStopping.IsCancellationRequested,
    };

    private async Task<JobLook> AskDisksAsync(JobLook look)
    {
        look = look with { Stored = await parts.Servers.Anew(look.Servers).ListCheckpointsAsync(id) };
        // What the servers have comes before the record, which may be new.
        var differences = SavedJob.Of(look.Stored)?.Differences(
            id, job, look.Preparation!, (was, now) => DatasetChange.Describe(job.Spec.Dataset, ReadOnlyDictionary<string, string>.Empty, was, now));
        return look with { Differences = differences ?? [] };
    }

    /// <summary>The record knows the data, unless it is from before they were kept in it.</summary>
    private async Task<JobPreparation> PrepareAsync(JobRecord record)
    {
        if (_preparation is null)
            await parts.Ranks.PrepareAsync(record.JobFile);
        _preparation ??= await parts.Waits.DuringAsync("its data to be read", record.Data is { } known ? Task.FromResult(JobPreparation.Of(job.Spec, known)) : ReadAsync(record));
        if (!record.IsOpen)
        {
            foreach (var line in _preparation.Lines(job.Spec))
                parts.Notes.SayOnce(line);
        }

        return _preparation;
    }

    private async Task<JobPreparation> ReadAsync(JobRecord record)
    {
        var read = await JobPreparation.OfAsync(job.Spec, datasets);
        return record.BeganWith() is not { } before || before == read.Data.Fingerprint
            ? read
            : throw new DatasetException(datasets.Describe(job.Spec.Dataset, ReadOnlyDictionary<string, string>.Empty, before, read.Data.Fingerprint));
    }

    private RankAssignment Assignment(JobRecord record, int rank) => new(
        id, rank, record.Generation, record.JobFile, record.Servers, record.DataFingerprint, record.Arithmetic, _preparation!.Data.Files);
}

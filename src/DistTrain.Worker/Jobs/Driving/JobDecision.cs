using DistTrain.Protocol;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// What is done about a job next, and why: a pure function of its record, of what was seen of it, and of the time. What comes first here goes before what comes
/// after, so that two losses at once have one answer too.
/// <code>
/// 1 record    it has ended, is to end, or waits for its turn
/// 2 ranks     one of them has failed
/// 3 servers   the cluster's have become others
/// 4 trouble   a server that is away, that has lost the job, or that can't use a checkpoint; data that can't be read
/// 5 disks     the job is not open: from which checkpoint it goes on
/// 6 training  it is: seal, go back, complete, move a rank, hand over
/// </code>
/// </summary>
/// <param name="Action">What is done.</param>
/// <param name="Reason">Why, in words for the user: of a failure what the job's record keeps, else what its log says.</param>
internal sealed record JobDecision(JobAction Action, string Reason)
{
    /// <summary>How long a server may be away: a node that is lost is replaced in minutes.</summary>
    internal static readonly TimeSpan ServerPatience = TimeSpan.FromMinutes(10);

    /// <summary>After a rank did not arrive where it was sent, e.g. because the silo has just gone.</summary>
    internal static readonly TimeSpan MovePause = TimeSpan.FromSeconds(10);

    internal const string Turn = "its turn: room for its ranks, and the jobs before it";

    /// <param name="record">The job's record.</param>
    /// <param name="look">What was seen.</param>
    /// <param name="now">The time, by the clock that <see cref="JobLook.AwaySince"/> is of.</param>
    public static JobDecision Of(JobRecord record, JobLook look, TimeSpan now) =>
        OfRecord(record)
        ?? OfRanks(look)
        ?? OfServers(record, look)
        ?? OfTrouble(record, look, now)
        ?? (record.IsOpen ? OfTraining(record, look, now) : OfDisks(record, look));

    // 1 record
    private static JobDecision? OfRecord(JobRecord record) => record switch
    {
        { HasEnded: true } => Wait("it has ended"),
        { CancelRequested: true } => new JobDecision(new JobAction.Cancel(), "cancellation requested"),
        { Phase: JobPhase.Queued } => new JobDecision(new JobAction.Wait(Turn), Turn),
        _ => null,
    };

    // 2 ranks
    private static JobDecision? OfRanks(JobLook look) =>
        look.Ranks.FirstOrDefault(rank => rank?.State == RankState.Failed) is { } failed ? Fail(failed.Fault ?? "a rank has failed") : null;

    // 3 servers
    private static JobDecision? OfServers(JobRecord record, JobLook look) =>
        record.Servers.Count == 0 || look.Servers.Count == 0 || record.Servers.SequenceEqual(look.Servers)
            ? null
            : new JobDecision(new JobAction.NewGeneration(look.Servers), $"the cluster's servers are {string.Join(", ", look.Servers)} now");

    // 4 trouble
    private static JobDecision? OfTrouble(JobRecord record, JobLook look, TimeSpan now) => look.Trouble switch
    {
        null => null,
        // Whatever fails now may fail because this silo is leaving; the job is looked at elsewhere.
        { } trouble when look.SiloLeaves => Wait(trouble.Detail),
        { Server: null } trouble => Fail(trouble.Detail),
        { Server: StatusCode.NotFound } trouble when record.IsOpen => new JobDecision(new JobAction.NewGeneration(), trouble.Detail),
        { Server: StatusCode.DataLoss } trouble when !record.IsOpen => new JobDecision(new JobAction.PassOverCheckpoint(ChoiceOf(record, look)?.Step ?? 0), trouble.Detail),
        { IsAway: true } trouble when now - (look.AwaySince ?? now) < ServerPatience => Wait(trouble.Detail),
        { } trouble => Fail($"a parameter server: {trouble.Server}: {trouble.Detail}"),
    };

    // 5 disks
    private static JobDecision OfDisks(JobRecord record, JobLook look)
    {
        if (look.Differences.Count > 0)
            return Fail(string.Join("; ", look.Differences));
        var usable = Rollback.Usable(look.Stored, record.PassedOver);
        var choice = ChoiceOf(record, look);
        // Sealed once, and now not even tried: some server has neither its manifest nor its part.
        List<string> lost = [.. record.SealedSteps.Where(step => step > (choice?.Step ?? -1) && step < record.UsableBelow)
            .Select(step => $"checkpoints/step-{step}: the manifest or a part is missing").Except(record.DamagedCheckpoints)];
        var hadSome = record.SealedSteps.Count > 0 || record.UsableBelow < long.MaxValue || usable.Any(s => s.Checkpoints.Any(c => c.Sealed));
        if (choice is null && hadSome)
            return Fail($"no checkpoint can be used, and nothing was overwritten: {string.Join("; ", record.DamagedCheckpoints.Concat(lost))}");
        // Where the record is younger than what the servers have (it was lost, and is made anew), its generation follows theirs.
        var onDisk = look.Stored.SelectMany(s => s.Checkpoints).SelectMany(c => c.Parts).Select(p => p.Generation).DefaultIfEmpty(0).Max();
        var inMemory = look.Stored.Select(s => s.Generation).DefaultIfEmpty(0).Max();
        var generation = Math.Max(record.Generation, Math.Max(onDisk + 1, inMemory));
        return new JobDecision(new JobAction.Open(generation, choice, lost), choice is null ? "it begins" : $"step {choice.Step} is the newest that all servers have");
    }

    // 6 training
    private static JobDecision OfTraining(JobRecord record, JobLook look, TimeSpan now)
    {
        var servers = look.Partitions;
        if (servers.Count == 0)
            return Wait("its servers were not asked");
        if (!look.IsSealed && Sealing.Of(servers, record.SealedSteps, look.Spec.Checkpoint.Keep) is { } checkpoint)
            return new JobDecision(new JobAction.Seal(checkpoint), $"all parts of step {checkpoint.Step} are there");
        if (servers.FirstOrDefault(s => s.Fault is not null) is { } faulty)
            return OfFault(record, look, faulty.Fault);
        if (servers.All(s => s.Finished) && look.Ranks.All(rank => rank?.State == RankState.Finished))
            return new JobDecision(new JobAction.Complete(), "the last version is there");
        List<string> leaving = [.. servers.Index().Where(s => s.Item.Leaving).Select(s => record.Servers[s.Index])];
        if (leaving.Count == 0)
            return OfPlaces(look, now);
        // While a rank is on its way to another silo the open step could not close.
        return look.Ranks.All(rank => rank is not null) || servers.Any(s => s.Stopped)
            ? new JobDecision(new JobAction.HandOver(), $"server {string.Join(", ", leaving)} leaves")
            : Wait($"server {string.Join(", ", leaving)} leaves once all ranks are there");
    }

    /// <summary>A step's numbers are wrong: the job goes back to before it, or fails.</summary>
    private static JobDecision OfFault(JobRecord record, JobLook look, StepFault fault)
    {
        var steps = fault.RollsBack ? Rollback.From(fault.Step, look.Spec.Checkpoint.EverySteps, record.Generation + 1) : null;
        if (steps is null)
            return Fail(fault.Reason);
        return Rollback.IsProgress(record.PassedOver, steps)
            ? new JobDecision(new JobAction.PassOverSteps(steps), $"{fault.Reason}; steps {steps.First} to {steps.Last} are passed over")
            : Fail($"{fault.Reason}; going back {Rollback.MostWithoutProgress} times did not help. Lower optimizer.lr, warm the rate up, or check the data");
    }

    /// <summary>
    /// At most one rank moves towards an even share of the silos. It computes the open step again where it arrives, the others wait for it. While a rank is away,
    /// or does not run, nothing moves.
    /// </summary>
    private static JobDecision OfPlaces(JobLook look, TimeSpan now)
    {
        if (!look.Ranks.All(rank => rank?.State == RankState.Running))
            return Wait("it trains, and not all ranks run");
        if (look.LastMove is { } last && look.Ranks[last.Move.Rank]!.Silo != last.Move.To && now - last.At < MovePause)
            return Wait($"it trains; rank {last.Move.Rank} did not arrive at silo {last.Move.To}");
        return RankBalance.Next([.. look.Ranks.Select(rank => rank!.Silo)], look.Takers) is { } move
            ? new JobDecision(new JobAction.Balance(move), $"silo {move.From} has two ranks more than silo {move.To}")
            : Wait("it trains");
    }

    private static CheckpointChoice? ChoiceOf(JobRecord record, JobLook look) => look.Preparation is { } preparation
        ? CheckpointChoice.Newest(Rollback.Usable(look.Stored, record.PassedOver), preparation.Layout.Length, record.UsableBelow)
        : null;

    private static JobDecision Wait(string reason) => new(new JobAction.Wait(), reason);

    private static JobDecision Fail(string reason) => new(new JobAction.Fail(), reason);
}

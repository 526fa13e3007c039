using DistTrain.Worker.Cluster;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>The rank grains of one job, called together. A rank whose silo is just being replaced answers nothing this time.</summary>
internal sealed class JobRanks(IGrainFactory grains, ISiloStatusOracle silos, JobWaits waits, JobClock clock, string jobId, int ranks, ILogger logger)
{
    /// <summary>Has the data read where the ranks are to run, on all silos at the same time. Who does not answer is asked to run later anyway.</summary>
    public Task PrepareAsync(string jobFile) =>
        Task.WhenAll(Enumerable.Range(0, ranks).Select(async rank =>
        {
            try
            {
                await Rank(rank).PrepareAsync(jobFile);
            }
            catch (Exception e) when (IsAway(e))
            {
                JobLog.RankAway(logger, jobId, rank, e.Message);
            }
        }));

    /// <summary>Makes sure that every rank runs; an entry is null where none answered.</summary>
    /// <param name="assignment">Gives a rank its assignment.</param>
    public Task<RankProgress?[]> RunAsync(Func<int, RankAssignment> assignment) =>
        Task.WhenAll(Enumerable.Range(0, ranks).Select(async rank =>
        {
            waits.Begin(Whom(rank));
            try
            {
                var progress = (RankProgress?)await Rank(rank).RunAsync(assignment(rank));
                waits.End(Whom(rank));
                return progress;
            }
            catch (Exception e) when (IsAway(e))
            {
                waits.Fail(Whom(rank), "its silo does not answer");
                JobLog.RankAway(logger, jobId, rank, e.Message);
                return null;
            }
        }));

    /// <summary>Takes in which ranks can't join servers that do answer the job: one that answers nobody is waited for once, not by each rank.</summary>
    /// <param name="progress">What <see cref="RunAsync"/> has just brought.</param>
    public void NoteJoins(IReadOnlyList<RankProgress?> progress)
    {
        foreach (var (rank, seen) in progress.Index())
        {
            var whom = $"{Whom(rank)} to join its servers";
            if (seen?.Waits is { } reason)
                waits.Fail(whom, reason);
            else
                waits.End(whom);
        }
    }

    /// <summary>The silos that take ranks.</summary>
    public IReadOnlyCollection<string> Takers => [.. ActiveSilos.Select(silo => silo.ToString())];

    /// <summary>The rank that was moved last, and when.</summary>
    public (RankMove Move, TimeSpan At)? LastMove { get; private set; }

    /// <summary>Has a rank taken to another silo, if that is still there.</summary>
    public async Task MoveAsync(RankMove move)
    {
        LastMove = (move, clock.Now);
        if (ActiveSilos.FirstOrDefault(silo => silo.ToString() == move.To) is not { } taker)
            return;
        JobLog.Moving(logger, jobId, move.Rank, move.From, move.To);
        try
        {
            // Only this call carries the hint: what an async method sets there does not leave it.
            RequestContext.Set(IPlacementDirector.PlacementHintKey, taker);
            await Rank(move.Rank).AsReference<IGrainManagementExtension>().MigrateOnIdle();
        }
        catch (Exception e) when (IsAway(e))
        {
            JobLog.RankAway(logger, jobId, move.Rank, e.Message);
        }
    }

    /// <summary>Ends every rank that can be reached; one that can't is fenced by the servers.</summary>
    public Task StopAsync() =>
        Task.WhenAll(Enumerable.Range(0, ranks).Select(async rank =>
        {
            waits.Begin(Whom(rank));
            try
            {
                await Rank(rank).StopAsync();
            }
            catch (Exception e) when (IsAway(e))
            {
                JobLog.RankAway(logger, jobId, rank, e.Message);
            }
            finally
            {
                waits.End(Whom(rank));
            }
        }));

    /// <summary>A rank tells its own faults as progress: what is thrown comes from its silo, which is gone, going, or too busy to answer.</summary>
    private static bool IsAway(Exception e) => e is TimeoutException or OrleansException or OperationCanceledException or ObjectDisposedException;

    private IEnumerable<SiloAddress> ActiveSilos => silos.GetApproximateSiloStatuses(onlyActive: true).Keys;

    private static string Whom(int rank) => $"rank {rank}";

    private IRankGrain Rank(int rank) => grains.GetGrain<IRankGrain>(new RankKey(jobId, rank).ToString());
}

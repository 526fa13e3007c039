using DistTrain.Worker.Cluster;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;

namespace DistTrain.Worker.Jobs;

/// <summary>The rank grains of one job, called together. A rank whose silo is just being replaced answers nothing this time.</summary>
internal sealed class JobRanks(IGrainFactory grains, ISiloStatusOracle silos, JobWaits waits, TimeProvider time, string jobId, int ranks, ILogger logger)
{
    /// <summary>After a rank did not arrive where it was sent, e.g. because the silo has just gone.</summary>
    private static readonly TimeSpan MovePause = TimeSpan.FromSeconds(10);

    private RankMove? _move;
    private long? _pausedSince;

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

    /// <summary>
    /// Moves at most one rank towards an even share of the silos. The rank computes the open step again where it arrives, the others wait for
    /// it. While a rank is away, or does not run, nothing moves.
    /// </summary>
    /// <param name="progress">What <see cref="RunAsync"/> has just brought.</param>
    public async Task BalanceAsync(IReadOnlyList<RankProgress?> progress)
    {
        if (!progress.All(p => p?.State == RankState.Running) || IsPaused(progress))
            return;
        var takers = silos.GetApproximateSiloStatuses(onlyActive: true).Keys.ToDictionary(silo => silo.ToString());
        _move = RankBalance.Next([.. progress.Select(p => p!.Silo)], takers.Keys);
        if (_move is not { } move)
            return;
        JobLog.Moving(logger, jobId, move.Rank, move.From, move.To);
        try
        {
            // Only this call carries the hint: what an async method sets there does not leave it.
            RequestContext.Set(IPlacementDirector.PlacementHintKey, takers[move.To]);
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

    private static string Whom(int rank) => $"rank {rank}";

    private bool IsPaused(IReadOnlyList<RankProgress?> progress)
    {
        if (_move is { } last && progress[last.Rank]!.Silo != last.To)
            _pausedSince = time.GetTimestamp();
        _move = null;
        if (_pausedSince is { } since && time.GetElapsedTime(since) >= MovePause)
            _pausedSince = null;
        return _pausedSince is not null;
    }

    private IRankGrain Rank(int rank) => grains.GetGrain<IRankGrain>(new RankKey(jobId, rank).ToString());
}

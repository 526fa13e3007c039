using DistTrain.Worker.Cluster;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs;

/// <summary>The rank grains of one job, called together. A rank whose silo is just being replaced answers nothing this time.</summary>
internal sealed class JobRanks(IGrainFactory grains, string jobId, int ranks, ILogger logger)
{
    /// <summary>Makes sure that every rank runs; an entry is null where none answered.</summary>
    /// <param name="assignment">Gives a rank its assignment.</param>
    public Task<RankProgress?[]> RunAsync(Func<int, RankAssignment> assignment) =>
        Task.WhenAll(Enumerable.Range(0, ranks).Select(async rank =>
        {
            try
            {
                return (RankProgress?)await Rank(rank).RunAsync(assignment(rank));
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                JobLog.RankAway(logger, jobId, rank, e.Message);
                return null;
            }
        }));

    /// <summary>Ends every rank that can be reached; one that can't is fenced by the servers.</summary>
    public Task StopAsync() =>
        Task.WhenAll(Enumerable.Range(0, ranks).Select(async rank =>
        {
            try
            {
                await Rank(rank).StopAsync();
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                JobLog.RankAway(logger, jobId, rank, e.Message);
            }
        }));

    private IRankGrain Rank(int rank) => grains.GetGrain<IRankGrain>(new RankKey(jobId, rank).ToString());
}

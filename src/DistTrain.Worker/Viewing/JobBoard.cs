using DistTrain.Recipes.Files;
using DistTrain.Security.Callers;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Jobs.Driving;

namespace DistTrain.Worker.Viewing;

/// <summary>All jobs of the cluster as its page lists them. However many look, the cluster is asked once a second.</summary>
internal sealed class JobBoard(JobAccess access, JobClock clock) : IDisposable
{
    /// <summary>Of those that have ended the newest are listed.</summary>
    internal const int MostEnded = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, (string File, string Name)> _names = [];
    private IReadOnlyList<JobDescription> _jobs = [];
    private TimeSpan? _seen;

    /// <summary>What a caller may see of them.</summary>
    /// <exception cref="OrleansException">The cluster does not answer.</exception>
    public async Task<(IReadOnlyList<JobRow> Jobs, int Left)> OfAsync(Caller caller, CancellationToken stop)
    {
        var all = await LookAsync(stop);
        // The place is the one among all: who waits learns how long the queue is, not whose it is.
        var queue = all.Where(job => job.Phase == JobPhase.Queued).Select(job => job.JobId).ToList();
        var own = all.Where(job => JobAccess.IsOf(caller, job)).ToList();
        var ended = own.Where(job => job.Phase.HasEnded()).Reverse().ToList();
        return ([.. own.Where(job => !job.Phase.HasEnded()).Concat(ended.Take(MostEnded)).Select(job => RowOf(job, queue))], Math.Max(0, ended.Count - MostEnded));
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IReadOnlyList<JobDescription>> LookAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            if (_seen is { } seen && clock.Now - seen < Fresh)
                return _jobs;
            _jobs = [.. (await access.AllAsync().WaitAsync(stop)).Where(job => job.Exists)];
            foreach (var job in _jobs.Where(job => !_names.TryGetValue(job.JobId, out var known) || known.File != job.JobFile))
                _names[job.JobId] = (job.JobFile, JobFile.Read(job.JobFile, job.JobId, []).Job?.Name ?? string.Empty);
            _seen = clock.Now;
            return _jobs;
        }
        finally
        {
            _turn.Release();
        }
    }

    private JobRow RowOf(JobDescription job, List<string> queue) => new(
        job.JobId,
        _names.GetValueOrDefault(job.JobId).Name ?? string.Empty,
        job.Submitter,
        job.Phase.ToString().ToLowerInvariant(),
        queue.IndexOf(job.JobId) is >= 0 and var place ? place + 1 : null,
        job.Error ?? (job.Phase.HasEnded() ? null : job.Decision),
        job.Waits,
        job.Step,
        job.TotalSteps,
        DateTimeOffset.FromUnixTimeMilliseconds(job.SubmittedAt),
        job.Phase == JobPhase.Running ? PlacesOf(job.RankSilos ?? []) : []);

    private static IReadOnlyList<RankPlaces> PlacesOf(IReadOnlyList<string> silos) =>
    [
        .. silos.Index().Where(rank => rank.Item.Length > 0).GroupBy(rank => rank.Item)
            .Select(silo => new RankPlaces(StepTime.EndpointOf(silo.Key), [.. silo.Select(rank => rank.Index)])),
    ];
}

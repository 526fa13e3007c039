using DistTrain.Observability;
using DistTrain.Security.Access;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs.Driving;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>
/// Starts jobs in order of submission. Rank slots gate only the start of a further job; a job on an otherwise idle cluster always starts,
/// and a running job keeps running on fewer silos.
/// </summary>
internal sealed class QueueGrain(
    [PersistentState("queue", ClusterSetup.JobStorage)] IPersistentState<QueueRecord> state,
    JobClock clock,
    SiloOptions options,
    ILogger<QueueGrain> logger) : Grain, IQueueGrain
{
    private static readonly TimeSpan SiloPatience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (int Slots, TimeSpan Seen)> _silos = [];
    private readonly Dictionary<string, Task> _looks = [];

    public async Task<IReadOnlyList<string>> EnqueueAsync(QueuedJob job, QueueLimits limits)
    {
        if (state.State.Unfinished.Find(j => j.JobId == job.JobId) is { } listed)
        {
            // One that has ended and is resumed before anybody looked has its place still, and waits for nobody else to start it.
            if (listed.Started)
                await Job(listed.JobId).StartAsync();
            return [];
        }

        // Those that have ended do not count, also when nobody has looked since.
        await ForgetEndedAsync();
        List<QueuedJob> own = [.. state.State.Unfinished.Where(j => j.Submitter == job.Submitter), job];
        if (new SubmitterLimits(limits.Jobs, limits.Ranks).Exceeded(new SubmitterLimits(own.Count, own.Sum(j => j.Workers))).ToList() is { Count: > 0 } exceeded)
            return exceeded;
        // A job that is resumed is in the list already.
        if (!state.State.Jobs.Contains(job.JobId))
            state.State.Jobs.Add(job.JobId);
        state.State.Unfinished.Add(job);
        await state.WriteOrEndAsync(this);
        await StartNextAsync();
        LookAtAll();
        return [];
    }

    public async Task PulseAsync(string silo, int slots)
    {
        _silos[silo] = (slots, clock.Now);
        await ForgetEndedAsync();
        await StartNextAsync();
        TrainingMeter.QueuedRanks.Record(state.State.Unfinished.Where(j => !j.Started).Sum(j => j.Workers));
        LookAtAll();
    }

    public Task<IReadOnlyList<string>> ListAsync() => Task.FromResult<IReadOnlyList<string>>([.. state.State.Jobs]);

    private IJobGrain Job(string jobId) => GrainFactory.GetGrain<IJobGrain>(jobId);

    private async Task ForgetEndedAsync()
    {
        var descriptions = await Task.WhenAll(state.State.Unfinished.Select(j => Job(j.JobId).DescribeAsync()));
        var ended = descriptions.Where(d => d.Phase.HasEnded()).Select(d => d.JobId).ToHashSet();
        if (ended.Count == 0)
            return;
        state.State.Unfinished.RemoveAll(j => ended.Contains(j.JobId));
        foreach (var jobId in ended)
            _looks.Remove(jobId);
        await state.WriteOrEndAsync(this);
    }

    private async Task StartNextAsync()
    {
        while (state.State.Unfinished.FindIndex(j => !j.Started) is >= 0 and var next)
        {
            var job = state.State.Unfinished[next];
            var running = state.State.Unfinished.Where(j => j.Started).Sum(j => j.Workers);
            if (running > 0 && running + job.Workers > LiveSlots())
                return;
            await Job(job.JobId).StartAsync();
            state.State.Unfinished[next] = job with { Started = true };
            await state.WriteOrEndAsync(this);
        }
    }

    private int LiveSlots() => _silos.Values.Where(s => clock.Now - s.Seen < SiloPatience).Sum(s => s.Slots);

    private void LookAtAll()
    {
        foreach (var job in state.State.Unfinished)
        {
            // A look may take longer than a second (loading data, sealing a checkpoint): never two at a time.
            if (!_looks.TryGetValue(job.JobId, out var look) || look.IsCompleted)
                _looks[job.JobId] = LookAsync(job.JobId);
        }
    }

    private async Task LookAsync(string jobId)
    {
        try
        {
            await Job(jobId).TickAsync();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            JobLog.NotDriven(logger, jobId, StoreFailure.Line(e, options.Cluster));
        }
    }
}

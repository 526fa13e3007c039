using DistTrain.Operator.Api;
using DistTrain.Operator.Hosting;
using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Reconciling;

/// <summary>One object as it was seen last, the status that it is to have, and what is written into it.</summary>
internal sealed class ResourceStore(JobResource first, ResourceApi api, ObjectEvents events, OperatorOptions options, TimeProvider clock)
{
    private volatile JobResource _seen = first;
    private ResourceStatus _written = first.Status ?? new ResourceStatus();
    private long _writtenAt;

    /// <summary>As it was seen last.</summary>
    public JobResource Seen => _seen;

    /// <summary>What is to be written.</summary>
    public ResourceStatus Status { get; set; } = first.Status ?? new ResourceStatus();

    /// <summary>The watch tells of it.</summary>
    /// <returns>True when somebody has changed it: what this operator has written into its status is no news.</returns>
    public bool See(JobResource resource)
    {
        var before = _seen;
        _seen = resource;
        return (before.Generation, before.IsDeleting, before.IsHeld) != (resource.Generation, resource.IsDeleting, resource.IsHeld);
    }

    /// <summary>Sets the finalizer.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    public async Task<JobResource?> HoldAsync(JobResource resource, CancellationToken stop)
    {
        var held = await api.HoldAsync(resource, stop);
        if (held is not null)
            Adopt(resource, held);
        return held;
    }

    /// <summary>Writes the status, and tells as events what is another in it.</summary>
    /// <param name="isUrgent">At once, also where nothing but numbers has changed.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>After how long to write what has been held back; null: nothing has.</returns>
    public async Task<TimeSpan?> WriteAsync(bool isUrgent, CancellationToken stop)
    {
        if (Status.IsAs(_written))
            return null;
        isUrgent |= !Status.WithoutNumbers.IsAs(_written.WithoutNumbers);
        var wait = _writtenAt == 0 ? TimeSpan.Zero : options.StatusInterval - clock.GetElapsedTime(_writtenAt);
        if (!isUrgent && wait > TimeSpan.Zero)
            return wait;
        var (status, newest) = (Status, _seen);
        if (await api.WriteStatusAsync(newest, status, stop) is not { } now)
            return null;
        var turns = EventRules.Of(_written, status, clock.GetUtcNow());
        (_written, _writtenAt) = (status, clock.GetTimestamp());
        Adopt(newest, now);
        foreach (var turn in turns)
            await events.TellAsync(now, turn, stop);
        return null;
    }

    /// <summary>Tells as events what the job's log says.</summary>
    public async Task TellAsync(JobFollowing job, CancellationToken stop)
    {
        while (job.TryTakeLine(out var line))
        {
            if (EventRules.Of(line) is { } told)
                await events.TellAsync(_seen, told, stop);
        }
    }

    /// <summary>Takes the finalizer away.</summary>
    public Task LetGoAsync(JobResource resource, CancellationToken stop) => api.LetGoAsync(resource, stop);

    /// <summary>Deletes the object.</summary>
    public Task DeleteAsync(CancellationToken stop) => api.DeleteAsync(_seen, stop);

    /// <summary>What a write has made of the object, unless the watch has told of something newer.</summary>
    private void Adopt(JobResource before, JobResource now) => Interlocked.CompareExchange(ref _seen, now, before);
}

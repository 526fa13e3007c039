namespace DistTrain.Worker.Jobs.Driving;

/// <summary>The record of a job in the hands of its grain, which alone writes it.</summary>
/// <param name="state">Where it is kept.</param>
/// <param name="grain">The grain: it ends where the record can't be written.</param>
internal sealed class JobJournal(IPersistentState<JobRecord> state, IGrainBase grain)
{
    /// <summary>There is such a job.</summary>
    public bool Exists => state.RecordExists;

    public JobRecord Record => state.State;

    /// <summary>Replaces the record, to be written with the next change: what is lost with the grain until then is learned again.</summary>
    public void Keep(JobRecord next) => state.State = next;

    /// <summary>Replaces the record, on disk too.</summary>
    public Task WriteAsync(JobRecord next)
    {
        Keep(next);
        return state.WriteOrEndAsync(grain);
    }

    /// <summary>The job is forgotten.</summary>
    public Task ClearAsync() => state.ClearStateAsync();
}

namespace DistTrain.Worker.Jobs;

/// <summary>How grains keep what must outlive them.</summary>
internal static class DurableState
{
    /// <summary>
    /// Writes the state. What can't be written must not be acted upon: the grain ends, and the next call to it finds what is on record.
    /// </summary>
    public static async Task WriteOrEndAsync<T>(this IPersistentState<T> state, IGrainBase grain)
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            grain.DeactivateOnIdle();
            throw;
        }
    }
}

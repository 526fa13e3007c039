namespace DistTrain.Worker.Ranks;

/// <summary>One logical worker of a job. Its key is <c>{jobId}/{rank}</c>; it lives on whatever silo there is.</summary>
[Alias("DistTrain.IRankGrain")]
public interface IRankGrain : IGrainWithStringKey
{
    /// <summary>
    /// Has the rank's silo read the job's data, so that the first step does not wait for it. Returns at once; what is wrong with the data is told when the rank
    /// runs.
    /// </summary>
    [Alias("Prepare")]
    Task PrepareAsync(string jobFile);

    /// <summary>
    /// Makes sure that the rank computes under this assignment and tells how far it is. Idempotent: a rank that was lost with its silo starts
    /// anew, wherever this call activates it.
    /// </summary>
    [Alias("Run")]
    Task<RankProgress> RunAsync(RankAssignment assignment);

    /// <summary>Ends the computation; returns once its thread has ended.</summary>
    [Alias("Stop")]
    Task StopAsync();
}

namespace DistTrain.Security.Access;

/// <summary>What one submitter may have at a time; null: no limit.</summary>
/// <param name="Jobs">Jobs that have not ended.</param>
/// <param name="Ranks">Ranks of these jobs together.</param>
/// <param name="Parameters">Parameters of one job's model.</param>
/// <param name="Bytes">Memory of one job at the servers.</param>
/// <param name="Steps">Steps of one job.</param>
public sealed record SubmitterLimits(long? Jobs = null, long? Ranks = null, long? Parameters = null, long? Bytes = null, long? Steps = null)
{
    /// <summary>Every limit that what is asked for would exceed, one a line of text.</summary>
    /// <param name="asked">What the submitter would have then, in the same units.</param>
    public IEnumerable<string> Exceeded(SubmitterLimits asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        return new[]
        {
            Problem(asked.Jobs, Jobs, "unfinished jobs of yours, this one included"),
            Problem(asked.Ranks, Ranks, "ranks of your unfinished jobs, this one's included"),
            Problem(asked.Parameters, Parameters, "parameters"),
            Problem(asked.Bytes, Bytes, "bytes of memory at the servers"),
            Problem(asked.Steps, Steps, "steps"),
        }.OfType<string>();
    }

    private static string? Problem(long? asked, long? limit, string what) =>
        asked > limit ? FormattableString.Invariant($"{asked} {what} would be more than the limit of {limit}") : null;
}

namespace DistTrain.Worker.Ranks;

/// <summary>All that a rank needs to know; where the job stands it learns from the servers.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Rank">Its number among the job's ranks.</param>
/// <param name="Generation">The job-wide generation; a rank of another one is fenced.</param>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="Servers">Endpoints of the job's servers, in order of their buckets.</param>
/// <param name="DataFingerprint">SHA-256 of the data the job started with.</param>
/// <param name="Arithmetic">What the job computes with (<see cref="Torch.Hosting.NativeEnvironment.Arithmetic"/>): elsewhere the bits would be others.</param>
/// <param name="DataFiles">SHA-256 of each file of the data, by its path in the dataset's folder.</param>
[GenerateSerializer]
[Alias("DistTrain.RankAssignment")]
public sealed record RankAssignment(
    string JobId,
    int Rank,
    long Generation,
    string JobFile,
    IReadOnlyList<string> Servers,
    string DataFingerprint,
    string Arithmetic,
    IReadOnlyDictionary<string, string> DataFiles);

/// <summary>How far a rank is.</summary>
public enum RankState
{
    Running,
    Finished,
    Failed,
}

/// <param name="State">Whether its loop still runs.</param>
/// <param name="Step">The step it works on.</param>
/// <param name="Silo">Where it lives.</param>
/// <param name="MovedFrom">The silo that handed it over to this one; null where it was started anew.</param>
/// <param name="Fault">Why it failed, in words for the user; null otherwise.</param>
/// <param name="Waits">Why it can't join its servers so far, in words for the user; null: it has joined them.</param>
/// <param name="Time">Where its steps' time goes; null: a silo of an earlier version tells of it.</param>
[GenerateSerializer]
[Alias("DistTrain.RankProgress")]
public sealed record RankProgress(RankState State, long Step, string Silo, string? MovedFrom, string? Fault, string? Waits = null, RankTime? Time = null);

namespace DistTrain.Worker.Ranks;

/// <summary>What a rank does.</summary>
public enum RankStage
{
    /// <summary>It reads data, joins its servers or evaluates.</summary>
    Other,

    /// <summary>Forward and backward.</summary>
    Compute,

    /// <summary>It hands its gradient to the streams.</summary>
    Push,

    /// <summary>It has pushed, and the next version is not whole.</summary>
    Wait,
}

/// <summary>Where the time of a rank's steps goes: milliseconds, means that the last twenty steps count most in; and what it does now.</summary>
/// <param name="Stage">What it does.</param>
/// <param name="StageSeconds">For how long already.</param>
/// <param name="Compute">Forward and backward.</param>
/// <param name="Push">From the gradient to its last chunk's being handed to the transport.</param>
/// <param name="Wait">From there to the first bucket of the next version: slower ranks, sums, the update.</param>
/// <param name="Pull">From there to the last bucket.</param>
[GenerateSerializer]
[Alias("DistTrain.RankTime")]
public sealed record RankTime(RankStage Stage, double StageSeconds, double Compute, double Push, double Wait, double Pull);

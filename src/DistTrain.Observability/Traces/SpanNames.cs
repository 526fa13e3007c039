namespace DistTrain.Observability.Traces;

/// <summary>The parts of a step. docs/run.md says when each begins and ends.</summary>
public static class SpanNames
{
    /// <summary>A rank's step; it has those down to <see cref="Pull"/>.</summary>
    public const string Step = "step";

    public const string Evaluate = "evaluate";

    public const string Shard = "shard";

    public const string Forward = "forward";

    public const string Backward = "backward";

    /// <summary>An exchange of synchronized BatchNorm, in a pass.</summary>
    public const string Moments = "moments";

    /// <summary>Another rank's gradient, computed a second time.</summary>
    public const string Replay = "replay";

    public const string Push = "push";

    public const string Wait = "wait";

    public const string Pull = "pull";

    /// <summary>A server's step; it has the following.</summary>
    public const string Commit = "commit";

    public const string Aggregate = "aggregate";

    public const string Update = "update";
}

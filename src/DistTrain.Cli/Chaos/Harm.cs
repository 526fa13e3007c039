namespace DistTrain.Cli.Chaos;

/// <summary>What a crash can leave of a checkpoint.</summary>
internal enum Harm
{
    /// <summary>A part is shorter than it was.</summary>
    Torn,

    /// <summary>One bit of a part is another.</summary>
    Flipped,

    /// <summary>There is no manifest.</summary>
    NoManifest,
}

namespace DistTrain.Training.Steps;

/// <summary>What becomes of a step.</summary>
public enum VerdictKind
{
    /// <summary>The optimizer steps.</summary>
    Update,

    /// <summary>The next version is this one again; its examples are passed over.</summary>
    Skip,

    /// <summary>The step is not taken: the job goes back to a checkpoint, or fails.</summary>
    Fault,
}

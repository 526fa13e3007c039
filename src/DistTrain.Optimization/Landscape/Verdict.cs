namespace DistTrain.Optimization.Landscape;

/// <summary>What kind of point the weights are at.</summary>
public enum Verdict
{
    /// <summary>The gradient is not 0: there is a way down, and training is on it.</summary>
    NotCritical,

    /// <summary>No direction of negative curvature, and some of positive.</summary>
    Minimum,

    /// <summary>Both.</summary>
    Saddle,

    /// <summary>No direction of positive curvature, and some of negative.</summary>
    Maximum,

    /// <summary>No curvature at all.</summary>
    Plateau,

    /// <summary>The recursion was too short to tell.</summary>
    Undecided,
}

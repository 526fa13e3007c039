namespace DistTrain.Optimization.Landscape;

/// <summary>When a recursion knows enough.</summary>
/// <param name="Steps">Most products.</param>
/// <param name="Tolerance">
/// A wanted eigenvalue is found when its residual is at most this share of |θ|, or of τ where that is larger. The error of θ goes with the residual's square.
/// </param>
/// <param name="Largest">How many of the largest are wanted.</param>
/// <param name="Smallest">How many of the smallest.</param>
public sealed record LanczosGoal(int Steps, double Tolerance = 1e-4, int Largest = 1, int Smallest = 1)
{
    /// <summary>True when the wanted ones are found.</summary>
    /// <param name="spectrum">The recursion so far.</param>
    /// <param name="tau">What counts as 0, <see cref="CriticalPointTolerances.Curvature"/>.</param>
    public bool IsFound(RitzSpectrum spectrum, double tau)
    {
        bool IsSharp(RitzValue value) => value.Residual <= Tolerance * Math.Max(Math.Abs(value.Value), tau);
        var values = spectrum.Values;
        return values.Count >= Math.Max(Largest, Smallest) && values.TakeLast(Largest).All(IsSharp) && values.Take(Smallest).All(IsSharp);
    }
}

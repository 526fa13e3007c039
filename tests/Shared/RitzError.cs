namespace DistTrain.Tests.Shared;

/// <summary>
/// How far a Ritz value may be from its eigenvalue once its residual r is within the goal, 1e-4 of |λ| or of τ (what counts as 0):
/// <code>
/// |θ − λ| ≤ min(r, r² / gap)        gap: from λ to the nearest other eigenvalue
/// </code>
/// (Kato 1949, Temple 1928.) So it is right to 1e-6 unless another one is nearer than a hundredth of it.
/// </summary>
internal static class RitzError
{
    private const double Goal = 1e-4;

    /// <param name="eigenvalues">All that may be near, as often as they occur.</param>
    /// <param name="index">Which.</param>
    /// <param name="tau">What counts as 0.</param>
    public static double Bound(IReadOnlyList<double> eigenvalues, int index, double tau)
    {
        var size = Math.Max(Math.Abs(eigenvalues[index]), tau);
        // Those that differ by rounding only are one eigenvalue that occurs several times.
        var rounding = 1e-12 * eigenvalues.Max(Math.Abs);
        var gap = eigenvalues.Select(other => Math.Abs(other - eigenvalues[index])).Where(distance => distance > rounding).DefaultIfEmpty(size).Min();
        return Math.Max(1e-6 * size, Math.Min(Goal * size, Goal * size * (Goal * size) / gap));
    }
}
